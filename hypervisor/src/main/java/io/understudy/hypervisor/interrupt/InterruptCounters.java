package io.understudy.hypervisor.interrupt;

import io.understudy.hypervisor.exit.BasicReason;
import io.understudy.hypervisor.exit.ExitCounters;
import io.understudy.vmx.ExitReason;
import java.util.Map;
import java.util.TreeMap;

/** What the exits of all vCPUs were about, counted by the hypervisor. */
public final class InterruptCounters {
    private static final ExitReason[] WITHOUT_DECODE = {
        ExitReason.APIC_WRITE, ExitReason.VIRTUALIZED_EOI, ExitReason.TPR_BELOW_THRESHOLD
    };

    private final ExitCounters exits = new ExitCounters();
    private final long[] reads = new long[ApicRegister.COUNTED];
    private final long[] writes = new long[ApicRegister.COUNTED];
    private long pauses;
    private long instructionEmulations;
    private long notificationsSent;
    private long kicksSent;

    void exit(int reason) {
        exits.count(reason);
    }

    /** An exit that only stops the machine is no part of what is compared. */
    void pause() {
        pauses++;
    }

    void apicRead(int register) {
        reads[Math.min(register, ApicRegister.COUNTED - 1)]++;
    }

    void apicWrite(int register) {
        writes[Math.min(register, ApicRegister.COUNTED - 1)]++;
    }

    void emulation() {
        instructionEmulations++;
    }

    void notification() {
        notificationsSent++;
    }

    void kick() {
        kicksSent++;
    }

    public long of(ExitReason reason) {
        long pause = reason.number() == BasicReason.EXTERNAL_INTERRUPT ? pauses : 0;
        return exits.of(reason) - pause;
    }

    public long total() {
        return exits.total() - pauses;
    }

    /** Reasons that occurred, by their name in kebab case. */
    public Map<String, Long> byReason() {
        Map<String, Long> map = new TreeMap<>();
        for (ExitReason r : ExitReason.values()) {
            if (of(r) != 0) {
                map.put(r.kebabName(), of(r));
            }
        }
        return map;
    }

    /** Exits for reading or writing a local APIC's registers, by register and direction. */
    public Map<String, Long> byRegister() {
        Map<String, Long> map = new TreeMap<>();
        for (int i = 0; i < ApicRegister.COUNTED; i++) {
            add(map, ApicRegister.name(i) + "-read", reads[i]);
            add(map, ApicRegister.name(i) + "-write", writes[i]);
        }
        return map;
    }

    private static void add(Map<String, Long> map, String name, long count) {
        if (count != 0) {
            map.merge(name, count, Long::sum);
        }
    }

    /** Instructions of the guest that software decoded. */
    public long instructionEmulations() {
        return instructionEmulations;
    }

    /**
     * Exits after the instruction, whose effect is in the virtual-APIC page: nothing to decode and
     * nothing to execute for the guest.
     */
    public long exitsWithoutDecode() {
        long sum = 0;
        for (ExitReason r : WITHOUT_DECODE) {
            sum += exits.of(r);
        }
        return sum;
    }

    /** Posted-interrupt notifications that were sent. */
    public long notificationsSent() {
        return notificationsSent;
    }

    /** Interrupts sent to a processor only to make its vCPU exit. */
    public long kicksSent() {
        return kicksSent;
    }
}
