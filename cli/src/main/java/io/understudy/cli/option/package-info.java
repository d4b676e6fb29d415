/**
 * Values that users type: durations, sizes, addresses. Each type parses itself, and says in one
 * sentence what was wrong and what to write instead.
 */
@NullMarked
package io.understudy.cli.option;

import org.jspecify.annotations.NullMarked;
