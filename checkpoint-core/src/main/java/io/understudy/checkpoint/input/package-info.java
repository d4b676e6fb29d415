/**
 * Input of a machine as an effect from outside that no failover may lose or repeat.
 *
 * <p>Owns {@link io.understudy.checkpoint.input.ConsoleInput}, the byte queue behind a machine's
 * console device. Its saved layout is {@code docs/formats/console-input.md}. May depend on the
 * ports only.
 */
@NullMarked
package io.understudy.checkpoint.input;

import org.jspecify.annotations.NullMarked;
