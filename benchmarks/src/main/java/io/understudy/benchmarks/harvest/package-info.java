/**
 * What it costs to find dirty pages: ratios of times taken in turn in one run, so that the host's
 * speed and load cancel out. The guest really writes the pages; the processor sets the flags.
 */
@NullMarked
package io.understudy.benchmarks.harvest;

import org.jspecify.annotations.NullMarked;
