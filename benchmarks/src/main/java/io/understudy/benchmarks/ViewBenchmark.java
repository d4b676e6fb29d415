package io.understudy.benchmarks;

import com.sun.management.ThreadMXBean;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.MachinePair;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.SystemHostClock;
import io.understudy.hypervisor.VirtualMachine;
import io.understudy.hypervisor.VirtualMachineConfig;
import io.understudy.hypervisor.view.SharingMethod;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;

/**
 * What the emulated processor makes of the three ways to hand packets over: packets and
 * instructions for each second of the thread's processor time, VMFUNCs and exits for each packet.
 * The small packets are nearly all hand-over. Processor time, since other loads of the host disturb
 * it less than wall time; the ratio of two ways from one run is the figure to look at.
 */
final class ViewBenchmark {
    private static final long WARM_UP_TURNS = 100;
    private static final long MEASURED_TURNS = 300;
    private static final int REPETITIONS = 3;
    private static final int SLOTS = 64;
    private static final long[] PACKET_BYTES = {64, 2048};
    private static final int RECEIVED = 1;

    private ViewBenchmark() {}

    public static void main(String[] args) throws MachineSetupException {
        for (int i = 0; i < REPETITIONS; i++) {
            for (long packetBytes : PACKET_BYTES) {
                for (SharingMethod method : SharingMethod.values()) {
                    measure(method, packetBytes);
                }
            }
        }
    }

    private static void measure(SharingMethod method, long packetBytes)
            throws MachineSetupException {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        VirtualMachineConfig machine =
                VirtualMachineConfig.of(4 << 20)
                        .withDirtyLog(DirtyLogMode.NONE)
                        .withParameters(Map.of("packet-bytes", packetBytes));
        MachinePair.Config config = new MachinePair.Config(machine, machine, method, SLOTS, false);
        try (MachinePair pair =
                MachinePair.boot(config, GuestImage.builtIn("exchange"), new SystemHostClock())) {
            run(pair, WARM_UP_TURNS);
            long packets = packets(pair);
            long exits = exits(pair);
            long switches = switches(pair);
            long from = threads.getCurrentThreadCpuTime();
            run(pair, WARM_UP_TURNS + MEASURED_TURNS);
            long cpuNs = threads.getCurrentThreadCpuTime() - from;
            packets = packets(pair) - packets;
            System.out.printf(
                    "%-5s %,5d bytes: %,9.0f packets/s, %6.1f MIPS, %.2f VMFUNCs and %.2f exits"
                            + " for each packet%n",
                    method.optionName(),
                    packetBytes,
                    packets * 1e9 / cpuNs,
                    2e3 * MEASURED_TURNS * MachinePair.TURN_INSTRUCTIONS / cpuNs,
                    (double) (switches(pair) - switches) / packets,
                    (double) (exits(pair) - exits) / packets);
        }
    }

    private static void run(MachinePair pair, long turns) {
        pair.run(turns * MachinePair.TURN_INSTRUCTIONS, Long.MAX_VALUE);
        pair.output().release(pair.output().writtenOffset());
    }

    private static long packets(MachinePair pair) {
        return pair.first().views().orElseThrow().report(RECEIVED)
                + pair.second().views().orElseThrow().report(RECEIVED);
    }

    /** All of them, those of guests that found nothing to do included. */
    private static long switches(MachinePair pair) {
        return pair.first().processor().groundTruth().vmfuncs
                + pair.second().processor().groundTruth().vmfuncs;
    }

    private static long exits(MachinePair pair) {
        long sum = 0;
        for (VirtualMachine machine : List.of(pair.first(), pair.second())) {
            for (Map.Entry<String, Long> exit : machine.exitsByReason().entrySet()) {
                sum += exit.getKey().equals("preemption-timer") ? 0 : exit.getValue();
            }
        }
        return sum;
    }
}
