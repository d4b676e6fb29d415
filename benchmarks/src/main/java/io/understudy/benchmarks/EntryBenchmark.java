package io.understudy.benchmarks;

import com.google.gson.stream.JsonWriter;
import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.board.Board;
import io.understudy.hypervisor.board.BoardConfig;
import io.understudy.vmx.BareProcessor;
import io.understudy.vmx.ProcessorModel;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * VM entries and exits of a hypervisor that is code on the bare machine ({@code
 * guests/kernels/vmxspeed.c}): each round trip is VMRESUME with unchanged controls, one CPUID of
 * the guest, the exit, three VMREADs and three VMWRITEs. Argument: {@code [--json FILE]}.
 *
 * <p>Times are CPU time of the executing thread. Exit status 1 if a variant misses a million round
 * trips a second, or needs more than 2 µs for one.
 */
final class EntryBenchmark {
    private static final String RESOURCE = "vmxspeed.elf";
    private static final long MEMORY_BYTES = 64L << 20;
    private static final long WARM_UP_CPU_NS = 8_000_000_000L;
    private static final long REPETITION_CPU_NS = 1_000_000_000L;
    private static final int REPETITIONS = 7;
    private static final double NS_GOAL = 1_000;

    /** Words on the kernel's command line. */
    private static final List<String> VARIANTS = List.of("vpid", "novpid", "vpid ept");

    private record Result(String variant, List<Sample> samples) {
        double medianNs() {
            List<Double> sorted = samples.stream().map(Sample::nsPerEntry).sorted().toList();
            return sorted.get(sorted.size() / 2);
        }
    }

    private record Sample(long entries, long cpuNs) {
        double nsPerEntry() {
            return (double) cpuNs / entries;
        }
    }

    private EntryBenchmark() {}

    public static void main(String[] args) throws IOException, MachineSetupException {
        List<Result> results = new ArrayList<>();
        boolean reached = true;
        for (String variant : VARIANTS) {
            Result r = measure(variant);
            results.add(r);
            reached &= r.medianNs() <= NS_GOAL;
            System.out.printf(
                    "%-8s median %.0f ns a round trip, %.2f M exits/s (goal 1)%n",
                    variant, r.medianNs(), 1e3 / r.medianNs());
        }
        if (args.length == 2 && args[0].equals("--json")) {
            writeJson(Path.of(args[1]), results);
        }
        System.exit(reached ? 0 : 1);
    }

    private static Result measure(String variant) throws IOException, MachineSetupException {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        BoardConfig config =
                new BoardConfig(
                        image(),
                        BoardConfig.Kind.MULTIBOOT,
                        variant,
                        List.of(),
                        MEMORY_BYTES,
                        ProcessorModel.MAX,
                        1);
        List<Sample> samples = new ArrayList<>();
        try (Board board = new Board(config, value -> System.out.print((char) value))) {
            BareProcessor processor = board.processor(0);
            board.run(
                    threads::getCurrentThreadCpuTime,
                    threads.getCurrentThreadCpuTime() + WARM_UP_CPU_NS);
            for (int i = 0; i < REPETITIONS; i++) {
                long fromEntries = processor.groundTruth().entries;
                long from = threads.getCurrentThreadCpuTime();
                board.run(threads::getCurrentThreadCpuTime, from + REPETITION_CPU_NS);
                long cpuNs = threads.getCurrentThreadCpuTime() - from;
                samples.add(new Sample(processor.groundTruth().entries - fromEntries, cpuNs));
            }
        }
        return new Result(variant, samples);
    }

    private static GuestImage image() throws IOException {
        try (InputStream in = EntryBenchmark.class.getResourceAsStream(RESOURCE)) {
            return GuestImage.of(RESOURCE, Objects.requireNonNull(in, RESOURCE).readAllBytes());
        }
    }

    private static void writeJson(Path file, List<Result> results) throws IOException {
        try (JsonWriter json = new JsonWriter(Files.newBufferedWriter(file))) {
            json.setIndent("  ");
            json.beginObject();
            json.name("schemaVersion").value(1);
            json.name("command").value("benchmarks/entries.sh --json " + file);
            Host.write(json);
            json.name("variants").beginArray();
            for (Result r : results) {
                json.beginObject();
                json.name("commandLine").value(r.variant);
                json.name("medianHostNsPerRoundTrip").value(r.medianNs());
                json.name("repetitions").beginArray();
                for (Sample s : r.samples) {
                    json.beginObject();
                    json.name("entries").value(s.entries);
                    json.name("cpuHostNs").value(s.cpuNs);
                    json.endObject();
                }
                json.endArray();
                json.endObject();
            }
            json.endArray();
            json.endObject();
        }
    }
}
