package io.understudy.vmx;

import static io.understudy.vmx.VmcsField.*;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import org.junit.jupiter.api.Test;

/** A VM exit allocates nothing. */
class ExitCostTest {
    private static final int WARM_UP = 20_000;
    private static final int MEASURED = 20_000;

    @Test
    void cpuidExitsAllocateNothing() throws ReflectiveOperationException {
        // cpuid; jmp back
        try (GuestMachine m = GuestMachine.of("0fa2 ebfc")) {
            m.runTo();
            exits(m.lp, WARM_UP);
            // The counter may allocate on its own first call.
            allocatedBytes();
            long before = allocatedBytes();
            exits(m.lp, MEASURED);
            long allocated = allocatedBytes() - before;
            // Less than a byte per exit: what the just-in-time compiler leaves behind, not exits.
            assertThat(allocated).isLessThan(MEASURED);
        }
    }

    /**
     * Bytes this thread allocated; by reflection, since this module does not read jdk.management.
     */
    private static long allocatedBytes() throws ReflectiveOperationException {
        Object threads =
                Class.forName("java.lang.management.ManagementFactory")
                        .getMethod("getThreadMXBean")
                        .invoke(null);
        Method counter =
                Class.forName("com.sun.management.ThreadMXBean")
                        .getMethod("getCurrentThreadAllocatedBytes");
        return (long) counter.invoke(threads);
    }

    private static void exits(LogicalProcessor lp, int count) {
        for (int i = 0; i < count; i++) {
            lp.vmwrite(GUEST_RIP, lp.vmread(GUEST_RIP) + lp.vmread(EXIT_INSTRUCTION_LENGTH));
            assertExit(lp.vmresume());
        }
    }

    private static void assertExit(int reason) {
        if (reason != ExitReason.CPUID.number()) {
            throw new AssertionError("exit reason " + reason);
        }
    }
}
