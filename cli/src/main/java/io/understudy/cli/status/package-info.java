/**
 * The state of a run as a person sees it: one line that redraws itself on a terminal, at most one
 * plain line a second elsewhere.
 */
@NullMarked
package io.understudy.cli.status;

import org.jspecify.annotations.NullMarked;
