package io.understudy.benchmarks;

import com.google.gson.stream.JsonWriter;
import com.sun.management.ThreadMXBean;
import io.understudy.checkpoint.ProtectedMachine.StopCause;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.RunMode;
import io.understudy.hypervisor.SystemHostClock;
import io.understudy.hypervisor.VirtualMachine;
import io.understudy.hypervisor.VirtualMachineConfig;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Time and heap of a VM exit: a guest that does nothing but CPUID, each of which exits to the
 * hypervisor and resumes. Argument: {@code [--json FILE]}.
 *
 * <p>Exit status 1 if it misses a million exits a second or allocates anything per exit.
 */
final class ExitBenchmark {
    private static final long WARM_UP_INSTRUCTIONS = 1_000_000;
    private static final long MEASURED_INSTRUCTIONS = 20_000_000;
    private static final int REPETITIONS = 7;
    private static final double EXITS_PER_SECOND_GOAL = 1e6;

    /** What the measuring itself allocates, divided among millions of exits. */
    private static final double BYTES_PER_EXIT_MAX = 0.001;

    private record Sample(long exits, long cpuNs, long bytes) {
        double perSecond() {
            return exits * 1e9 / cpuNs;
        }

        double bytesPerExit() {
            return (double) bytes / exits;
        }
    }

    private ExitBenchmark() {}

    public static void main(String[] args) throws IOException, MachineSetupException {
        List<Sample> samples = new ArrayList<>();
        for (int i = 0; i < REPETITIONS; i++) {
            Sample s = measure();
            samples.add(s);
            System.out.printf(
                    "%.2f M exits/s, %d bytes in %d exits%n",
                    s.perSecond() / 1e6, s.bytes, s.exits);
        }
        samples.sort(Comparator.comparingDouble(Sample::perSecond));
        double median = samples.get(samples.size() / 2).perSecond();
        double bytes = samples.stream().mapToDouble(Sample::bytesPerExit).min().orElseThrow();
        if (args.length == 2 && args[0].equals("--json")) {
            writeJson(Path.of(args[1]), samples);
        }
        System.out.printf(
                "exits/s in millions: min %.2f, median %.2f, max %.2f (goal %.0f);"
                        + " %.4f bytes per exit (goal 0)%n",
                samples.getFirst().perSecond() / 1e6,
                median / 1e6,
                samples.getLast().perSecond() / 1e6,
                EXITS_PER_SECOND_GOAL / 1e6,
                bytes);
        System.exit(median >= EXITS_PER_SECOND_GOAL && bytes <= BYTES_PER_EXIT_MAX ? 0 : 1);
    }

    /** Measures from one instruction count to another, in the middle of the guest's loop. */
    private static Sample measure() throws MachineSetupException {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        VirtualMachineConfig config =
                VirtualMachineConfig.of(KernelImage.MEMORY_BYTES)
                        .withDirtyLog(DirtyLogMode.NONE)
                        .withRunMode(RunMode.FREE)
                        .withParameters(Map.of("cpuids", Long.MAX_VALUE));
        try (VirtualMachine machine =
                VirtualMachine.boot(
                        config,
                        GuestImage.of("kernels", KernelImage.elf()),
                        new SystemHostClock())) {
            machine.run(WARM_UP_INSTRUCTIONS, Long.MAX_VALUE);
            long fromExits = exits(machine);
            long fromBytes = threads.getCurrentThreadAllocatedBytes();
            long from = threads.getCurrentThreadCpuTime();
            StopCause cause =
                    machine.run(WARM_UP_INSTRUCTIONS + MEASURED_INSTRUCTIONS, Long.MAX_VALUE);
            long cpuNs = threads.getCurrentThreadCpuTime() - from;
            long bytes = threads.getCurrentThreadAllocatedBytes() - fromBytes;
            if (cause != StopCause.INSTRUCTIONS) {
                throw new IllegalStateException("the guest ended with " + cause);
            }
            return new Sample(exits(machine) - fromExits, cpuNs, bytes);
        }
    }

    private static long exits(VirtualMachine machine) {
        return machine.exitsByReason().values().stream().mapToLong(Long::longValue).sum();
    }

    private static void writeJson(Path file, List<Sample> samples) throws IOException {
        try (JsonWriter json = new JsonWriter(Files.newBufferedWriter(file))) {
            json.setIndent("  ");
            json.beginObject();
            json.name("schemaVersion").value(1);
            json.name("command").value("benchmarks/exits.sh --json " + file);
            Host.write(json);
            json.name("repetitions").beginArray();
            for (Sample s : samples) {
                json.beginObject();
                json.name("exits").value(s.exits);
                json.name("cpuHostNs").value(s.cpuNs);
                json.name("allocatedBytes").value(s.bytes);
                json.endObject();
            }
            json.endArray();
            json.endObject();
        }
    }
}
