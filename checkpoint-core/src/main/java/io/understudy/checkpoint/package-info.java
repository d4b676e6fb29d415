/**
 * Epochs, and the ports that a protected machine implements: {@link
 * io.understudy.checkpoint.ProtectedMachine}, {@link io.understudy.checkpoint.GuestMemory}, {@link
 * io.understudy.checkpoint.DirtyLog}, {@link io.understudy.checkpoint.StateComponent}.
 *
 * <p>A third party protects something else (another emulator, a mapped region) by implementing
 * these ports alone. Pages are addressed by page id (region, index), never by an address of the
 * machine. May depend on nothing but the schema of {@code proto}.
 */
@NullMarked
package io.understudy.checkpoint;

import org.jspecify.annotations.NullMarked;
