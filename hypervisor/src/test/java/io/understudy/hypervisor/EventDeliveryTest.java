package io.understudy.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.checkpoint.ProtectedMachine.StopCause;
import io.understudy.hypervisor.guest.MachineCode;
import org.junit.jupiter.api.Test;

/** Events whose delivery an exit cuts short. */
class EventDeliveryTest {
    /**
     * INT 30h with IDT, GDT and stack each in a 2 MiB region that nothing has touched: three EPT
     * violations during delivery, and the event is injected again after each, with the right return
     * address.
     */
    @Test
    void aSoftwareInterruptSurvivesThreeEptViolations() throws Exception {
        int[] code = new int[0x400];
        put(code, 0, 0x0f, 0x01, 0x14, 0x25, 0x00, 0x02, 0x10, 0x00); // lgdt [0x100200]
        put(code, 8, 0x0f, 0x01, 0x1c, 0x25, 0x10, 0x02, 0x10, 0x00); // lidt [0x100210]
        put(code, 16, 0xbc, 0x00, 0x00, 0xc0, 0x00); // mov esp, 0xc00000
        put(code, 21, 0xcd, 0x30); // int 0x30
        put(code, 23, 0xb0, 0x05, 0xe6, 0xf4); // mov al, 5; out 0xf4, al
        put(code, 0x100, 0x48, 0xcf); // handler: iretq
        put(code, 0x200, 23, 0, 0, 0, 0x80, 0); // GDTR: 24 bytes at 0x800000
        put(code, 0x210, 0x0f, 3, 0, 0, 0x60, 0); // IDTR: 0x310 bytes at 0x600000
        put(code, 0x300, 0x00, 0x01, 8, 0, 0, 0x8e, 0x10, 0); // gate to 8:0x100100
        put(code, 0x388, 0xff, 0xff, 0, 0, 0, 0x9b, 0xaf, 0); // 64-bit code
        put(code, 0x390, 0xff, 0xff, 0, 0, 0, 0x93, 0xcf, 0); // data
        GuestImage image =
                MachineCode.image(
                        code,
                        new MachineCode.Piece(0x300, 16, 0x60_0300),
                        new MachineCode.Piece(0x380, 24, 0x80_0000));
        try (VirtualMachine machine =
                VirtualMachine.boot(
                        VirtualMachineConfig.of(16 << 20).withRunMode(RunMode.FREE),
                        image,
                        new FakeHostClock())) {
            StopCause cause = machine.run(100, Long.MAX_VALUE);
            assertThat(cause).as(machine.exitStatus()).isEqualTo(StopCause.EXITED);
            assertThat(machine.debugExitValue()).isEqualTo(5);
            assertThat(machine.exitsByReason().get("ept-violation")).isEqualTo(4);
        }
    }

    /** A one-shot timer of 5000 ns, armed after 12 instructions, is taken after 500 more. */
    @Test
    void theTimerInterruptsAtItsExactInstruction() throws Exception {
        int[] code = new int[0x400];
        put(code, 0, 0x0f, 0x01, 0x14, 0x25, 0x00, 0x02, 0x10, 0x00); // lgdt [0x100200]
        put(code, 8, 0x0f, 0x01, 0x1c, 0x25, 0x10, 0x02, 0x10, 0x00); // lidt [0x100210]
        put(code, 16, 0xbc, 0x00, 0xf0, 0x1f, 0x00, 0x31, 0xd2); // mov esp, 0x1ff000; xor edx, edx
        wrmsr(code, 23, 0x80f, 0x1ff); // SVR: enabled
        wrmsr(code, 35, 0x832, 0x40); // LVT timer: one-shot, vector 40h
        wrmsr(code, 47, 0x83e, 0x0b); // divide by 1
        wrmsr(code, 59, 0x838, 5000); // initial count
        put(code, 71, 0xfb, 0xeb, 0xfe); // sti; jmp $
        put(code, 0x100, 0xb0, 0x09, 0xe6, 0xf4); // handler: mov al, 9; out 0xf4, al
        put(code, 0x200, 23, 0, 0x80, 0x03, 0x10, 0); // GDTR: 24 bytes at 0x100380
        put(code, 0x210, 0x0f, 4, 0, 0, 0x60, 0); // IDTR: 0x410 bytes at 0x600000
        put(code, 0x300, 0x00, 0x01, 8, 0, 0, 0x8e, 0x10, 0); // gate to 8:0x100100
        put(code, 0x388, 0xff, 0xff, 0, 0, 0, 0x9b, 0xaf, 0); // 64-bit code
        GuestImage image = MachineCode.image(code, new MachineCode.Piece(0x300, 16, 0x60_0400));
        try (VirtualMachine machine =
                VirtualMachine.boot(
                        VirtualMachineConfig.of(16 << 20).withRunMode(RunMode.FREE),
                        image,
                        new FakeHostClock())) {
            assertThat(machine.run(512, Long.MAX_VALUE)).isEqualTo(StopCause.INSTRUCTIONS);
            assertThat(machine.debugExitValue()).isZero();
            assertThat(machine.run(1000, Long.MAX_VALUE)).isEqualTo(StopCause.EXITED);
            assertThat(machine.debugExitValue()).isEqualTo(9);
            assertThat(machine.instructions()).as("12 + 500 + mov").isEqualTo(513);
        }
    }

    /** mov ecx, msr; mov eax, value; wrmsr: 12 bytes. */
    private static void wrmsr(int[] code, int at, int msr, int value) {
        put(code, at, 0xb9, msr & 0xff, msr >>> 8, 0, 0);
        put(code, at + 5, 0xb8, value & 0xff, value >>> 8, 0, 0, 0x0f, 0x30);
    }

    /**
     * #UD whose handler is UD2, on an IST stack: no instruction ever retires again. From the
     * 10,001st exception on time passes all the same, so that deadlines are reached.
     */
    @Test
    void anEndlessLoopOfExceptionsEndsTheGuest() throws Exception {
        int[] code = new int[0x400];
        put(code, 0, 0x0f, 0x01, 0x14, 0x25, 0x00, 0x02, 0x10, 0x00); // lgdt [0x100200]
        put(code, 8, 0x0f, 0x01, 0x1c, 0x25, 0x10, 0x02, 0x10, 0x00); // lidt [0x100210]
        put(code, 16, 0xc7, 0x04, 0x25, 0x24, 0, 0, 0, 0, 0xf0, 0x1f, 0); // IST1 = 0x1ff000
        put(code, 27, 0x0f, 0x0b); // ud2
        put(code, 0x100, 0x0f, 0x0b); // handler: ud2
        put(code, 0x200, 23, 0, 0x80, 0x03, 0x10, 0); // GDTR: 24 bytes at 0x100380
        put(code, 0x210, 0x6f, 0, 0, 0, 0x60, 0); // IDTR: 0x70 bytes at 0x600000
        put(code, 0x300, 0x00, 0x01, 8, 0, 1, 0x8e, 0x10, 0); // gate to 8:0x100100, IST 1
        put(code, 0x388, 0xff, 0xff, 0, 0, 0, 0x9b, 0xaf, 0); // 64-bit code
        GuestImage image = MachineCode.image(code, new MachineCode.Piece(0x300, 16, 0x60_0060));
        try (VirtualMachine machine =
                VirtualMachine.boot(
                        VirtualMachineConfig.of(16 << 20).withRunMode(RunMode.FREE),
                        image,
                        new FakeHostClock())) {
            assertThat(machine.run(Long.MAX_VALUE, Long.MAX_VALUE)).isEqualTo(StopCause.DEAD);
            assertThat(machine.exitStatus())
                    .isEqualTo("the guest is caught in an endless loop of exceptions at 0x100100");
            assertThat(machine.instructions())
                    .as("three, and one for each of 100,000 exceptions but the first 10,000")
                    .isEqualTo(3 + 100_000 - 10_000);
        }
    }

    private static void put(int[] code, int at, int... bytes) {
        System.arraycopy(bytes, 0, code, at, bytes.length);
    }
}
