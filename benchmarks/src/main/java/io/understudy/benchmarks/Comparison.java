package io.understudy.benchmarks;

import java.util.List;

/**
 * One kernel on both engines, warm-up left out.
 *
 * @param instructions guest instructions of a repetition
 * @param emulated CPU nanoseconds of each repetition here, ascending
 * @param qemu the same under QEMU, ascending
 */
record Comparison(Kernel kernel, long instructions, List<Long> emulated, List<Long> qemu) {

    Comparison {
        emulated = emulated.stream().sorted().toList();
        qemu = qemu.stream().sorted().toList();
        if (emulated.isEmpty() || qemu.isEmpty()) {
            throw new IllegalArgumentException("no repetition of " + kernel.title());
        }
    }

    static long median(List<Long> ascending) {
        return ascending.get(ascending.size() / 2);
    }

    /** Speed of the emulated processor as a multiple of QEMU's: of the medians. */
    double ratio() {
        return (double) median(qemu) / median(emulated);
    }

    /** The least favourable pair of repetitions. */
    double ratioMin() {
        return (double) qemu.getFirst() / emulated.getLast();
    }

    /** The most favourable pair of repetitions. */
    double ratioMax() {
        return (double) qemu.getLast() / emulated.getFirst();
    }

    /** Million guest instructions a second of CPU time here, median. */
    double mips() {
        return instructions * 1e3 / median(emulated);
    }

    double qemuMips() {
        return instructions * 1e3 / median(qemu);
    }

    static double geometricMean(List<Comparison> comparisons) {
        double logs = 0;
        for (Comparison c : comparisons) {
            logs += Math.log(c.ratio());
        }
        return Math.exp(logs / comparisons.size());
    }
}
