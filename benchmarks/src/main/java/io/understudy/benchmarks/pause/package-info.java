/** What a checkpoint costs a guest on the real machine: at the pause, and afterwards. */
@NullMarked
package io.understudy.benchmarks.pause;

import org.jspecify.annotations.NullMarked;
