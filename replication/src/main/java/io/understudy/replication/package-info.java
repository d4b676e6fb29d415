/**
 * What a program starts: a {@link io.understudy.replication.PrimaryNode}, a {@link
 * io.understudy.replication.BackupNode}, and how they are told what to do and say what they did.
 *
 * <p>Reading order: {@code witness} (who may speak), {@code role} (what a node does about it,
 * pure), {@code transport} (frames on the wire), {@code host} (the one loop that performs what the
 * roles decide), {@code console} (the machine's voice). Knows machines only by the ports of {@code
 * checkpoint-core}.
 */
@NullMarked
package io.understudy.replication;

import org.jspecify.annotations.NullMarked;
