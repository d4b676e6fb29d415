/**
 * Page batches: a checkpoint as a sequence of bytes for the wire or a file.
 *
 * <p>The format is {@code docs/formats/page-batch.md}. Encoding runs off the pause, from the staged
 * copy, and keeps the image digest. Decoding treats its input as hostile: limits first, then
 * allocation; it throws {@link io.understudy.checkpoint.CorruptStateException} naming what and
 * where, and nothing else. May depend on the ports, staging, digest and capture.
 */
@NullMarked
package io.understudy.checkpoint.encoding;

import org.jspecify.annotations.NullMarked;
