/**
 * The command line: wiring and presentation only.
 *
 * <p>{@link io.understudy.cli.Main} is the program. One class per command is in {@code command},
 * option types in {@code option}, the live status in {@code status}, results in {@code report}.
 * Results go to standard output, progress and status to standard error; {@link
 * io.understudy.cli.ExitStatus} has the exit statuses. Realises docs/commands.md.
 */
@NullMarked
package io.understudy.cli;

import org.jspecify.annotations.NullMarked;
