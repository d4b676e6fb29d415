/**
 * Measurements of the engine: guest kernels here and under QEMU side by side, and the cost of a VM
 * exit. Programs with a {@code main}; results go to stdout and, as raw numbers, to JSON.
 *
 * <p>Times are CPU time of the executing threads, so that other load on the host disturbs them
 * little. The guest sources are in {@code benchmarks/kernels}.
 */
@NullMarked
package io.understudy.benchmarks;

import org.jspecify.annotations.NullMarked;
