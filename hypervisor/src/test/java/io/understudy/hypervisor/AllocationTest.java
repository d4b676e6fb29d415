package io.understudy.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.understudy.hypervisor.guest.MachineCode;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** A VM exit leaves nothing for the garbage collector. */
class AllocationTest {
    @Test
    void anExitAllocatesNothing() throws Exception {
        // 1: xor eax, eax; cpuid; in al, 0x80; jmp 1b
        int[] code = {0x31, 0xc0, 0x0f, 0xa2, 0xe4, 0x80, 0xeb, 0xf8};
        try (VirtualMachine machine =
                VirtualMachine.boot(
                        VirtualMachineConfig.of(2 << 20).withRunMode(RunMode.FREE),
                        MachineCode.image(code),
                        new FakeHostClock())) {
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            machine.run(50_000, Long.MAX_VALUE);
            long before = threads.getCurrentThreadAllocatedBytes();
            machine.run(150_000, Long.MAX_VALUE);
            long allocated = threads.getCurrentThreadAllocatedBytes() - before;
            assertThat(machine.exitsByReason().get("cpuid")).isGreaterThan(70_000);
            assertThat(allocated).as("bytes for 100,000 exits").isLessThan(10_000);
        }
    }
}
