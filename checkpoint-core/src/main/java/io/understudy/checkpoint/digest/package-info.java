/**
 * The image digest: proof, at every epoch, that both sides hold the same image.
 *
 * <p>Image digest = sum modulo 2^128 over all pages of h128(page id, content), where a zero page
 * contributes 0; the hash of each page is kept, so that an epoch costs one hash per dirty page. The
 * epoch's digest chains it with the epoch number and the digest of the machine state. Both sides
 * run the classes of this package; layout and constants are in {@code docs/formats/digest.md}.
 *
 * <p>It cannot show a page that both sides missed: {@link
 * io.understudy.checkpoint.digest.ImageAudit} rehashes memory itself. May depend on the ports only.
 */
@NullMarked
package io.understudy.checkpoint.digest;

import org.jspecify.annotations.NullMarked;
