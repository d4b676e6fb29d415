package io.understudy.benchmarks;

import com.google.gson.stream.JsonWriter;
import io.understudy.hypervisor.MachineSetupException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Prints the speed of the emulated processor and of QEMU's TCG side by side. Arguments: {@code
 * [--repetitions N] [--json FILE] [kernel…]}.
 *
 * <p>Exit status 1 if the geometric mean or the sieve misses its goal, or the engines disagree on a
 * result.
 */
final class EngineComparison {
    private static final double GEOMETRIC_MEAN_GOAL = 0.15;
    private static final double SIEVE_MIPS_GOAL = 100;

    /** QEMU doubles its soft TLB at most once a flush; the JVM compiles in a few repetitions. */
    private static final int WARM_UP = 12;

    private static final int REPETITIONS_DEFAULT = 7;

    private final PrintStream out;

    EngineComparison(PrintStream out) {
        this.out = out;
    }

    public static void main(String[] args) throws Exception {
        int repetitions = REPETITIONS_DEFAULT;
        Path json = null;
        List<Kernel> kernels = new ArrayList<>();
        for (int i = 0; i < args.length; i++) {
            switch (args[i]) {
                case "--repetitions" -> repetitions = Integer.parseInt(args[++i]);
                case "--json" -> json = Path.of(args[++i]);
                default ->
                        kernels.add(
                                Kernel.valueOf(args[i].toUpperCase(Locale.ROOT).replace('-', '_')));
            }
        }
        EngineComparison comparison = new EngineComparison(System.out);
        List<Comparison> all =
                comparison.run(kernels.isEmpty() ? List.of(Kernel.values()) : kernels, repetitions);
        if (json != null) {
            writeJson(json, String.join(" ", args), all);
        }
        System.exit(comparison.verdict(all) ? 0 : 1);
    }

    private List<Comparison> run(List<Kernel> kernels, int repetitions)
            throws IOException, InterruptedException, MachineSetupException {
        Path folder = Files.createTempDirectory("understudy-kernels");
        List<Comparison> all = new ArrayList<>();
        out.printf(
                "%-14s %9s | %8s %8s | %6s %6s %6s  (ratio min, median, max; CPU time)%n",
                "kernel", "M insns", "MIPS", "QEMU", "min", "median", "max");
        for (Kernel kernel : kernels) {
            List<Repetition> qemu = new QemuKernel(kernel, folder).run(WARM_UP + repetitions);
            EmulatedKernel emulated = new EmulatedKernel(kernel);
            List<Repetition> here = emulated.run(WARM_UP + repetitions);
            checkResults(kernel, qemu, here);
            Comparison c =
                    new Comparison(
                            kernel, emulated.repetitionInstructions(), steady(here), steady(qemu));
            all.add(c);
            out.printf(
                    "%-14s %9.1f | %8.0f %8.0f | %6.3f %6.3f %6.3f%n",
                    kernel.title(),
                    c.instructions() / 1e6,
                    c.mips(),
                    c.qemuMips(),
                    c.ratioMin(),
                    c.ratio(),
                    c.ratioMax());
        }
        Files.deleteIfExists(folder.resolve("kernels.bin"));
        Files.deleteIfExists(folder.resolve("boot-info.bin"));
        Files.deleteIfExists(folder);
        return all;
    }

    private boolean verdict(List<Comparison> all) {
        double mean = Comparison.geometricMean(all);
        boolean ok = all.size() < Kernel.values().length || mean >= GEOMETRIC_MEAN_GOAL;
        out.printf("geometric mean %.3f (goal %.2f)%n", mean, GEOMETRIC_MEAN_GOAL);
        for (Comparison c : all) {
            if (c.kernel() == Kernel.SIEVE) {
                out.printf("sieve %.0f MIPS (goal %.0f)%n", c.mips(), SIEVE_MIPS_GOAL);
                ok &= c.mips() >= SIEVE_MIPS_GOAL;
            }
        }
        return ok;
    }

    private static void checkResults(Kernel kernel, List<Repetition> qemu, List<Repetition> here) {
        String expected = qemu.getFirst().result();
        for (List<Repetition> side : List.of(qemu, here)) {
            for (Repetition r : side) {
                if (!r.result().equals(expected)) {
                    throw new IllegalStateException(
                            "%s gave %s, QEMU's first repetition %s"
                                    .formatted(kernel.title(), r.result(), expected));
                }
            }
        }
    }

    private static List<Long> steady(List<Repetition> all) {
        return all.stream().skip(WARM_UP).map(Repetition::cpuNs).toList();
    }

    private static void writeJson(Path file, String arguments, List<Comparison> all)
            throws IOException {
        try (JsonWriter json = new JsonWriter(Files.newBufferedWriter(file))) {
            json.setIndent("  ");
            json.beginObject();
            json.name("schemaVersion").value(1);
            json.name("command").value("benchmarks/qemu-compare.sh " + arguments);
            Host.write(json);
            json.name("qemu").value(QemuKernel.version());
            json.name("warmUpRepetitions").value(WARM_UP);
            json.name("kernels").beginArray();
            for (Comparison c : all) {
                json.beginObject();
                json.name("name").value(c.kernel().title());
                json.name("instructions").value(c.instructions());
                json.name("mips").value(Math.round(c.mips()));
                json.name("qemuMips").value(Math.round(c.qemuMips()));
                json.name("ratioMin").value(c.ratioMin());
                json.name("ratioMedian").value(c.ratio());
                json.name("ratioMax").value(c.ratioMax());
                writeTimes(json.name("cpuHostNs"), c.emulated());
                writeTimes(json.name("qemuCpuHostNs"), c.qemu());
                json.endObject();
            }
            json.endArray();
            json.name("ratioGeometricMean").value(Comparison.geometricMean(all));
            json.endObject();
        }
    }

    private static void writeTimes(JsonWriter json, List<Long> times) throws IOException {
        json.beginArray();
        for (long t : times) {
            json.value(t);
        }
        json.endArray();
    }
}
