/**
 * Checkpoint files: segments (a full image and the epochs after it in one tar file) and archives of
 * them, as in {@code docs/formats/checkpoint.md}.
 *
 * <p>Owns the layout, the writer, the reader from which machines are restored, and export and
 * import. Invariants: a file appears under its final name whole, synced and never over another one;
 * whatever a reader is given, it refuses with a {@link
 * io.understudy.checkpoint.CorruptStateException} before it allocates more than a record of 1 MiB
 * for it; memory and state of a machine are compared with the digests that the primary computed
 * before the machine may run.
 *
 * <p>No thread and no clock of its own. When to write what is decided by {@link
 * io.understudy.checkpoint.keep}. {@link io.understudy.checkpoint.verify} reads the same files and
 * uses nothing of this package. May depend on the ports, {@code digest}, {@code staging} and {@code
 * state}.
 */
@NullMarked
package io.understudy.checkpoint.file;

import org.jspecify.annotations.NullMarked;
