package io.understudy.benchmarks;

import io.understudy.checkpoint.ProtectedMachine.StopCause;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.RunMode;
import io.understudy.hypervisor.SystemHostClock;
import io.understudy.hypervisor.VirtualMachine;
import io.understudy.hypervisor.VirtualMachineConfig;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Runs a kernel as a guest in non-root operation on the emulated processor, unprotected, with EPT.
 *
 * <p>A kernel executes the same number of instructions in every repetition, so repetitions are
 * timed by running to exact instruction counts.
 */
final class EmulatedKernel {
    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    private final Kernel kernel;

    private long startInstructions;
    private long repetitionInstructions;

    EmulatedKernel(Kernel kernel) {
        this.kernel = kernel;
    }

    /** Guest instructions of one repetition; known after {@link #run}. */
    long repetitionInstructions() {
        return repetitionInstructions;
    }

    List<Repetition> run(int repetitions) throws MachineSetupException {
        long one = instructionsOf(1);
        repetitionInstructions = instructionsOf(2) - one;
        startInstructions = one - repetitionInstructions;
        List<Repetition> done = new ArrayList<>();
        try (VirtualMachine machine = boot(repetitions)) {
            machine.run(startInstructions, Long.MAX_VALUE);
            long[] cpuNs = new long[repetitions];
            for (int i = 0; i < repetitions; i++) {
                long from = threads.getCurrentThreadCpuTime();
                machine.run(startInstructions + (i + 1) * repetitionInstructions, Long.MAX_VALUE);
                cpuNs[i] = threads.getCurrentThreadCpuTime() - from;
            }
            finish(machine);
            List<String> lines = output(machine).lines().toList();
            for (int i = 0; i < repetitions; i++) {
                done.add(new Repetition(cpuNs[i], lines.get(i + 1)));
            }
        }
        return done;
    }

    private long instructionsOf(int repetitions) throws MachineSetupException {
        try (VirtualMachine machine = boot(repetitions)) {
            finish(machine);
            return machine.instructions();
        }
    }

    private VirtualMachine boot(int repetitions) throws MachineSetupException {
        VirtualMachineConfig config =
                VirtualMachineConfig.of(KernelImage.MEMORY_BYTES)
                        .withDirtyLog(DirtyLogMode.NONE)
                        .withRunMode(RunMode.FREE)
                        .withParameters(
                                Map.of(
                                        "kernel",
                                        kernel.parameter(),
                                        "repetitions",
                                        (long) repetitions));
        return VirtualMachine.boot(
                config, GuestImage.of("kernels", KernelImage.elf()), new SystemHostClock());
    }

    private static void finish(VirtualMachine machine) {
        StopCause cause = machine.run(Long.MAX_VALUE, Long.MAX_VALUE);
        if (cause != StopCause.EXITED || machine.debugExitValue() != 0) {
            throw new IllegalStateException(
                    "the guest ended with "
                            + cause
                            + ": "
                            + machine.exitStatus()
                            + output(machine));
        }
    }

    private static String output(VirtualMachine machine) {
        machine.output().release(machine.output().writtenOffset());
        byte[] bytes = new byte[(int) machine.output().writtenOffset()];
        int n = machine.output().read(0, bytes);
        return new String(bytes, 0, Math.max(n, 0), StandardCharsets.US_ASCII);
    }
}
