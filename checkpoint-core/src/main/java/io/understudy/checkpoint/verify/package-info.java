/**
 * A second reader of checkpoint files, written from {@code docs/formats/checkpoint.md} and {@code
 * docs/formats/digest.md} alone.
 *
 * <p>It uses nothing of {@code file}, {@code digest} or {@code encoding}: no tar library, no page
 * id, no hasher. What it finds right is right by the documents and not because writer and reader
 * share a mistake. Its memory grows with the pages that a file really holds, never with what the
 * file claims. May depend on libraries and on {@link
 * io.understudy.checkpoint.CorruptStateException} only.
 */
@NullMarked
package io.understudy.checkpoint.verify;

import org.jspecify.annotations.NullMarked;
