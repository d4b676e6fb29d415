package io.understudy.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.checkpoint.ProtectedMachine.StopCause;
import io.understudy.hypervisor.guest.MachineCode;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** How guests end, and what a bad configuration is told. */
class GuestEndTest {
    private static final VirtualMachineConfig CONFIG =
            VirtualMachineConfig.of((2 << 20) + (512 << 10)).withRunMode(RunMode.FREE);

    private static void assertEnd(StopCause cause, String status, int... code) throws Exception {
        try (VirtualMachine machine =
                VirtualMachine.boot(CONFIG, MachineCode.image(code), new FakeHostClock())) {
            assertThat(machine.run(1_000_000, Long.MAX_VALUE)).isEqualTo(cause);
            assertThat(machine.exitStatus()).isEqualTo(status);
            assertThat(machine.run(1_000_000, Long.MAX_VALUE)).as("again").isEqualTo(cause);
        }
    }

    @Test
    void debugExit() throws Exception {
        // mov al, 7; out 0xf4, al; jmp $
        assertEnd(
                StopCause.EXITED,
                "the guest exited with status 7",
                0xb0,
                7,
                0xe6,
                0xf4,
                0xeb,
                0xfe);
    }

    @Test
    void haltWithInterruptsOff() throws Exception {
        assertEnd(
                StopCause.DEAD,
                "the guest halted with interrupts off and can never wake",
                0xf4); // hlt
    }

    @Test
    void haltWithoutAnythingToWaitFor() throws Exception {
        assertEnd(
                StopCause.DEAD,
                "the guest halted and waits for an interrupt that nothing will send",
                0xfb,
                0xf4); // sti; hlt
    }

    @Test
    void tripleFault() throws Exception {
        assertEnd(
                StopCause.DEAD,
                "the guest stopped with a triple fault at 0x100000",
                0x0f,
                0x0b); // ud2, without an IDT
    }

    @Test
    void accessWhereThereIsNoMemory() throws Exception {
        // The boot page tables map whole 2 MiB pages: this one ends after 512 KiB of RAM.
        assertEnd(
                StopCause.DEAD,
                "the guest accessed physical address 0x2ff000, where there is no memory, at"
                        + " 0x100000",
                0x8b,
                0x04,
                0x25,
                0x00,
                0xf0,
                0x2f,
                0x00); // mov eax, [0x2ff000]
    }

    @Test
    void stringInputOutput() throws Exception {
        // mov edx, 0x3f8; mov esi, 0x100000; outsb
        assertEnd(
                StopCause.DEAD,
                "the guest used a string I/O instruction on port 0x3f8, which no device here takes",
                0xba,
                0xf8,
                3,
                0,
                0,
                0xbe,
                0,
                0,
                0x10,
                0,
                0x6e);
    }

    @Test
    void runsToTheLimitOtherwise() throws Exception {
        assertEnd(StopCause.INSTRUCTIONS, "the guest is running", 0xeb, 0xfe); // jmp $
    }

    @Test
    void memoryMustMakeSense() {
        for (long bytes : new long[] {0, -4096, 1 << 20, (2 << 20) + 1, 1L << 40}) {
            assertThatThrownBy(() ->
                            VirtualMachine.boot(
                                    VirtualMachineConfig.of(bytes),
                                    GuestImage.builtIn("counter"),
                                    new FakeHostClock()))
                    .isInstanceOf(MachineSetupException.class)
                    .hasMessage(
                            "guest memory must be a multiple of 4096 from 2097152 to 548682072064"
                                    + " bytes, not "
                                    + bytes);
        }
    }

    @Test
    void imageMustBeOne() {
        assertThatThrownBy(() ->
                        VirtualMachine.boot(
                                CONFIG,
                                GuestImage.of("notes.txt", new byte[100]),
                                new FakeHostClock()))
                .isInstanceOf(MachineSetupException.class)
                .hasMessage("guest image notes.txt has magic 0x0, not 0x464c457f (ELF)");
    }

    @Test
    void sparseMemoryCostsNothing() throws Exception {
        try (VirtualMachine machine =
                VirtualMachine.boot(
                        VirtualMachineConfig.of(64L << 30)
                                .withRunMode(RunMode.FREE)
                                .withParameters(Map.of("lines-per-second", 0L, "line-limit", 3L)),
                        GuestImage.builtIn("counter"),
                        new FakeHostClock())) {
            assertThat(machine.run(Long.MAX_VALUE, Long.MAX_VALUE)).isEqualTo(StopCause.EXITED);
            assertThat(CounterOutput.lineNumbers(CounterOutput.releaseAll(machine))).hasSize(3);
        }
    }
}
