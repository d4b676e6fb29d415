/**
 * Everything of a machine that is not guest memory, as one sequence of named and versioned
 * components: {@code docs/formats/machine-state.md}. The framing is checked whole before any
 * component is touched. May depend on the ports only.
 */
@NullMarked
package io.understudy.checkpoint.state;

import org.jspecify.annotations.NullMarked;
