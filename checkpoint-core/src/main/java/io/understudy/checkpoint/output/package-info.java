/**
 * Output commit: where a machine's output waits until the checkpoint that covers it is
 * acknowledged.
 *
 * <p>Owns {@link io.understudy.checkpoint.output.ConsoleLog}, the byte log behind a machine's
 * console. Its saved layout is {@code docs/formats/console-log.md}. May depend on the ports only.
 */
@NullMarked
package io.understudy.checkpoint.output;

import org.jspecify.annotations.NullMarked;
