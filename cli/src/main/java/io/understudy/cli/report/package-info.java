/**
 * Results that programs read: JSON documents whose keys are fixed by docs/commands.md. Keys end in
 * unit and clock; counts have no suffix.
 */
@NullMarked
package io.understudy.cli.report;

import org.jspecify.annotations.NullMarked;
