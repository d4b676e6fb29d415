/**
 * What changed in a machine's memory, found without its dirty log: the other witness in every
 * judgement of a harvest. For tests and reports; a protected run has no use for it.
 */
@NullMarked
package io.understudy.checkpoint.oracle;

import org.jspecify.annotations.NullMarked;
