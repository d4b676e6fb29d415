/** A protected machine over plain memory, as a third party would write it, and its oracle. */
@NullMarked
package io.understudy.checkpoint.testing;

import org.jspecify.annotations.NullMarked;
