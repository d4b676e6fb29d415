package io.understudy.benchmarks;

/**
 * One run of a kernel.
 *
 * @param cpuNs CPU time of the executing threads
 * @param result checksum that the guest printed, 16 hexadecimal digits
 */
record Repetition(long cpuNs, String result) {}
