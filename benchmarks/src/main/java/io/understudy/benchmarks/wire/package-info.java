/**
 * What dirty pages weigh on the wire: the encodings that the product has, beside those that it does
 * not have, on the same pages of the same guests.
 *
 * <p>XBZRLE and the run-length coding of Remus are written from their descriptions, for this
 * comparison alone.
 */
@NullMarked
package io.understudy.benchmarks.wire;

import org.jspecify.annotations.NullMarked;
