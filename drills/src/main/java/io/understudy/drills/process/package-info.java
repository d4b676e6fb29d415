/**
 * The roles as processes of this host: started, watched and ended by PID.
 *
 * <p>A child is the same program as its parent. It writes one {@link
 * io.understudy.drills.process.NodeReport} a line on its standard output, ends when its standard
 * input closes (so that no child outlives its parent), and leaves Ctrl-C to the parent. Nothing
 * here knows virtual machines or the protocol.
 */
@NullMarked
package io.understudy.drills.process;

import org.jspecify.annotations.NullMarked;
