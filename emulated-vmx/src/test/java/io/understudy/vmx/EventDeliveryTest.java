package io.understudy.vmx;

import static io.understudy.vmx.GuestMachine.*;
import static io.understudy.vmx.VmcsField.*;
import static io.understudy.vmx.VmxControls.*;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/**
 * Exceptions and interrupts through the IDT, the exits that intercept them, and injection (SDM
 * volume 3, "Interrupt and Exception Handling", "Event Injection").
 */
class EventDeliveryTest {
    private static final long HANDLER = CODE + 0x100;
    private static final long IF = 1 << 9;

    private static GuestMachine machine(int vector, String code) {
        GuestMachine m = GuestMachine.of(code);
        m.setGate(vector, HANDLER);
        m.load(HANDLER, "f4");
        return m;
    }

    @Test
    void faultPushesItsOwnAddressAndAFlagImageWithResumeFlag() {
        // xor ecx,ecx; div ecx
        try (GuestMachine m = machine(0, "31c9 f7f1")) {
            m.lp.vmwrite(GUEST_RSP, STACK_TOP - 8);
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
            assertThat(m.rip()).isEqualTo(HANDLER);
            long rsp = m.lp.vmread(GUEST_RSP);
            assertThat(rsp).as("aligned, then 40 bytes").isEqualTo(STACK_TOP - 16 - 40);
            assertThat(m.read64(rsp)).isEqualTo(CODE + 2);
            assertThat(m.read64(rsp + 8)).isEqualTo(CODE_SELECTOR);
            assertThat(m.read64(rsp + 16) & 1 << 16).isNotZero();
            assertThat(m.read64(rsp + 24)).isEqualTo(STACK_TOP - 8);
            assertThat(m.read64(rsp + 32)).isEqualTo(DATA_SELECTOR);
        }
    }

    @Test
    void errorCodeIsPushedLast() {
        // mov ax, 0x88 ; mov ds, ax: selector beyond the GDT
        try (GuestMachine m = machine(13, "66b8 8800 8ed8")) {
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
            assertThat(m.read64(m.lp.vmread(GUEST_RSP))).isEqualTo(0x88);
            assertThat(m.lp.vmread(GUEST_RSP)).isEqualTo(STACK_TOP - 48);
        }
    }

    @Test
    void softwareInterruptReturnsBehindItself() {
        // int 0x30; inc eax; hlt ... handler: inc ebx; iretq
        try (GuestMachine m = machine(0x30, "cd30 ffc0 f4")) {
            m.load(HANDLER, "ffc3 48cf");
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
            assertThat(m.rip()).isEqualTo(CODE + 4);
            assertThat(m.lp.gpr(0)).isEqualTo(1);
            assertThat(m.lp.gpr(3)).isEqualTo(1);
            assertThat(m.lp.vmread(GUEST_RSP)).isEqualTo(STACK_TOP);
            assertThat(m.lp.clock().retired()).isEqualTo(4);
        }
    }

    @Test
    void aRingChangeTakesTheStackFromTheTss() {
        try (GuestMachine m = machine(0x30, "cd30 ffc0 f4")) {
            m.enterUserMode();
            m.setGate(0x30, HANDLER, 0xee, 0);
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
            long rsp = m.lp.vmread(GUEST_RSP);
            assertThat(rsp).isEqualTo(STACK_TOP - 0x400 - 40);
            assertThat(m.read64(rsp + 8)).isEqualTo(USER_CODE_SELECTOR);
            assertThat(m.read64(rsp + 32)).isEqualTo(USER_DATA_SELECTOR);
            assertThat(m.lp.vmread(GUEST_SS_SELECTOR)).isZero();
            assertThat(m.lp.vmread(GUEST_SS_ACCESS_RIGHTS) >>> 5 & 3).isZero();
        }
    }

    @Test
    void iretReturnsToTheOuterRing() {
        try (GuestMachine m = machine(0x30, "cd30 ffc0 0fa2")) {
            m.enterUserMode();
            m.setGate(0x30, HANDLER, 0xee, 0);
            m.load(HANDLER, "48cf");
            assertThat(m.runTo()).isEqualTo(ExitReason.CPUID);
            assertThat(m.lp.vmread(GUEST_CS_SELECTOR)).isEqualTo(USER_CODE_SELECTOR);
            assertThat(m.lp.vmread(GUEST_SS_SELECTOR)).isEqualTo(USER_DATA_SELECTOR);
            assertThat(m.lp.vmread(GUEST_SS_ACCESS_RIGHTS) >>> 5 & 3).isEqualTo(3);
            assertThat(m.lp.vmread(GUEST_RSP)).isEqualTo(STACK_TOP);
        }
    }

    @Test
    void aGateOfAnInnerRingRefusesIntFromAnOuterOne() {
        try (GuestMachine m = machine(13, "cd30")) {
            m.enterUserMode();
            m.setGate(0x30, HANDLER);
            m.load(HANDLER, "f4");
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
            assertThat(m.read64(m.lp.vmread(GUEST_RSP))).isEqualTo(0x30 << 3 | 2);
        }
    }

    @Test
    void interruptStackTableSwitchesWithoutARingChange() {
        try (GuestMachine m = machine(6, "0f0b")) {
            m.setGate(6, HANDLER, 0x8e, 1);
            m.write64(TSS + 0x24, STACK_TOP - 0x800);
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
            assertThat(m.lp.vmread(GUEST_RSP)).isEqualTo(STACK_TOP - 0x800 - 40);
        }
    }

    @Test
    void pageFaultWhileDeliveringAPageFaultIsADoubleFault() {
        // mov rsp, 100000 (absent); mov rax, [110000] (absent)
        try (GuestMachine m = machine(8, "bc 00001000 48 8b0425 00001100")) {
            m.write64(guestEntry(0x0f_f000), 0);
            m.write64(guestEntry(0x11_0000), 0);
            m.setGate(14, HANDLER);
            m.setGate(8, HANDLER, 0x8e, 1);
            m.write64(TSS + 0x24, STACK_TOP - 0x800);
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
            long rsp = m.lp.vmread(GUEST_RSP);
            assertThat(rsp).isEqualTo(STACK_TOP - 0x800 - 48);
            assertThat(m.read64(rsp)).as("error code").isZero();
            assertThat(m.lp.cr2()).as("the second fault's address").isEqualTo(0x10_0000 - 8);
        }
    }

    @Test
    void withoutADoubleFaultHandlerItIsATripleFault() {
        try (GuestMachine m = GuestMachine.of("0f0b")) {
            assertThat(m.runTo()).isEqualTo(ExitReason.TRIPLE_FAULT);
            assertThat(m.lp.vmread(IDT_VECTORING_INFORMATION)).isZero();
            assertThat(m.rip()).isEqualTo(CODE);
        }
    }

    @Test
    void eptViolationDuringDeliveryReportsTheEvent() {
        try (GuestMachine m = machine(0x30, "cd30")) {
            m.memory.andNot64(eptEntry(STACK_TOP - 1), EPT_WRITE);
            assertThat(m.runTo()).isEqualTo(ExitReason.EPT_VIOLATION);
            assertThat(m.lp.vmread(IDT_VECTORING_INFORMATION)).isEqualTo(0x8000_0430L);
            assertThat(m.lp.vmread(EXIT_INSTRUCTION_LENGTH)).isEqualTo(2);
            assertThat(m.rip()).isEqualTo(CODE);
            assertThat(m.lp.vmread(GUEST_RSP)).isEqualTo(STACK_TOP);
            // The hypervisor lifts the protection and injects what was under way.
            m.memory.write64(eptEntry(STACK_TOP - 1), (RAM + STACK_TOP - 4096) | EPT_ALL | EPT_WB);
            m.lp.vmwrite(VM_ENTRY_INTERRUPTION_INFORMATION, 0x8000_0430L);
            m.lp.vmwrite(VM_ENTRY_INSTRUCTION_LENGTH, 2);
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
            assertThat(m.read64(m.lp.vmread(GUEST_RSP))).isEqualTo(CODE + 2);
            assertThat(m.lp.vmread(VM_ENTRY_INTERRUPTION_INFORMATION) >>> 31).isZero();
        }
    }

    @Test
    void deliveryMarksTheCodeDescriptorBeforeAnythingChanges() {
        // Ring 3 raises INT; the handler's descriptor is not marked accessed, its table not
        // writable.
        try (GuestMachine m = machine(0x30, "cd30")) {
            m.enterUserMode();
            m.setGate(0x30, HANDLER, 0xee, 0);
            m.write64(GDT + 8, m.read64(GDT + 8) & ~(1L << 40));
            m.memory.andNot64(eptEntry(GDT), EPT_WRITE);
            assertThat(m.runTo()).isEqualTo(ExitReason.EPT_VIOLATION);
            assertThat(m.lp.vmread(GUEST_SS_SELECTOR)).isEqualTo(USER_DATA_SELECTOR);
            assertThat(m.lp.vmread(GUEST_RSP)).isEqualTo(STACK_TOP);
            m.memory.write64(eptEntry(GDT), (RAM + GDT) | EPT_ALL | EPT_WB);
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
            assertThat(m.read64(GDT + 8) >>> 40 & 1).isEqualTo(1);
        }
    }

    @Test
    void portPermissionBitsOfTheTssDecideInRing3() {
        // out 80, al; out 81, al
        try (GuestMachine m = machine(13, "e680 e681")) {
            m.enterUserMode();
            m.lp.vmwrite(GUEST_TR_LIMIT, 0x88);
            m.write64(TSS + 0x66, 0x68);
            m.memory.write8(RAM + TSS + 0x68 + 0x10, 2);
            assertThat(m.runTo()).isEqualTo(ExitReason.IO_INSTRUCTION);
            m.skip();
            assertThat(m.runTo()).as("#GP").isEqualTo(ExitReason.HLT);
            assertThat(m.read64(m.lp.vmread(GUEST_RSP) + 8)).isEqualTo(CODE + 2);
        }
    }

    @Test
    void loadingTheTaskRegisterMarksItsDescriptorBusy() {
        // mov ax, 28; ltr ax; hlt
        try (GuestMachine m = GuestMachine.of("66b8 2800 0f00d8 f4")) {
            m.write64(GDT + 0x28, m.read64(GDT + 0x28) & ~(1L << 41));
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
            assertThat(m.read64(GDT + 0x28) >>> 41 & 1).isEqualTo(1);
            assertThat(m.lp.vmread(GUEST_TR_ACCESS_RIGHTS)).isEqualTo(0x8b);
            assertThat(m.lp.vmread(GUEST_TR_BASE)).isEqualTo(TSS);
        }
    }

    @Test
    void breakpointExitsAsSoftwareExceptionWithItsLength() {
        try (GuestMachine m = GuestMachine.of("cc")) {
            m.lp.vmwrite(EXCEPTION_BITMAP, 1 << 3);
            assertThat(m.runTo()).isEqualTo(ExitReason.EXCEPTION_OR_NMI);
            assertThat(m.lp.vmread(EXIT_INTERRUPTION_INFORMATION)).isEqualTo(0x8000_0603L);
            assertThat(m.lp.vmread(EXIT_INSTRUCTION_LENGTH)).isEqualTo(1);
        }
    }

    @Test
    void injectedInterruptRunsItsHandlerBeforeTheFirstInstruction() {
        try (GuestMachine m = machine(0x40, "ffc0 f4")) {
            m.lp.vmwrite(GUEST_RFLAGS, 2 | IF);
            m.lp.vmwrite(VM_ENTRY_INTERRUPTION_INFORMATION, 0x8000_0040L);
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
            assertThat(m.rip()).isEqualTo(HANDLER);
            assertThat(m.lp.vmread(GUEST_RFLAGS) & IF).as("interrupt gate").isZero();
            assertThat(m.lp.gpr(0)).isZero();
            assertThat(m.read64(m.lp.vmread(GUEST_RSP))).isEqualTo(CODE);
        }
    }

    @Test
    void interruptWindowOpensAfterTheShadowOfSti() {
        // sti; inc eax; inc eax; hlt
        try (GuestMachine m = GuestMachine.of("fb ffc0 ffc0 f4")) {
            m.set(PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS, PRIMARY_INTERRUPT_WINDOW_EXITING);
            assertThat(m.runTo()).isEqualTo(ExitReason.INTERRUPT_WINDOW);
            assertThat(m.rip()).isEqualTo(CODE + 3);
            assertThat(m.lp.gpr(0)).isEqualTo(1);
            assertThat(m.lp.vmread(GUEST_INTERRUPTIBILITY_STATE)).isZero();
        }
    }

    @Test
    void anExitInsideTheShadowReportsBlockingBySti() {
        try (GuestMachine m = GuestMachine.of("fb f4")) {
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
            assertThat(m.lp.vmread(GUEST_INTERRUPTIBILITY_STATE)).isEqualTo(1);
        }
    }

    @Test
    void anNmiWaitsForTheInstructionBehindSti() {
        // inc eax; inc eax; hlt
        try (GuestMachine m = machine(2, "ffc0 ffc0 f4")) {
            m.lp.vmwrite(GUEST_RFLAGS, IF | 2);
            m.lp.vmwrite(GUEST_INTERRUPTIBILITY_STATE, 1);
            m.lp.nonMaskableInterrupt();
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
            assertThat(m.rip()).isEqualTo(HANDLER);
            assertThat(m.read64(m.lp.vmread(GUEST_RSP))).isEqualTo(CODE + 2);
        }
    }

    @Test
    void anInterruptForTheHostExitsAndIsAcknowledged() {
        try (GuestMachine m = GuestMachine.of("ffc0 ebfc")) {
            m.lp.interrupt(0x51);
            assertThat(m.runTo()).isEqualTo(ExitReason.EXTERNAL_INTERRUPT);
            assertThat(m.lp.vmread(EXIT_INTERRUPTION_INFORMATION)).isEqualTo(0x8000_0051L);
            assertThat(m.lp.rdmsr(0x812)).as("in service").isEqualTo(1 << 17);
            m.lp.wrmsr(0x80b, 0);
            assertThat(m.lp.rdmsr(0x812)).isZero();
        }
    }

    @Test
    void anInterruptFromAnotherThreadEndsAnEndlessLoop() throws InterruptedException {
        try (GuestMachine m = GuestMachine.of("ebfe")) {
            Thread sender = new Thread(() -> m.lp.interrupt(0x51));
            sender.start();
            assertThat(m.runTo()).isEqualTo(ExitReason.EXTERNAL_INTERRUPT);
            sender.join();
        }
    }

    @Test
    void theGuestTakesInterruptsItselfIfTheyDoNotExit() {
        // sti; hlt (does not exit); inc eax; cpuid
        try (GuestMachine m = machine(0x61, "fb f4 ffc0 0fa2")) {
            m.load(HANDLER, "ffc3 48cf");
            m.clear(PIN_BASED_VM_EXECUTION_CONTROLS, PIN_EXTERNAL_INTERRUPT_EXITING);
            m.clear(PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS, PRIMARY_HLT_EXITING);
            m.lp.interrupt(0x61);
            assertThat(m.runTo()).isEqualTo(ExitReason.CPUID);
            assertThat(m.lp.gpr(0)).isEqualTo(1);
            assertThat(m.lp.gpr(3)).isEqualTo(1);
        }
    }

    @Test
    void nmiExitsAndNmiWindowFollowsIret() {
        // NMI injected; handler: iretq
        try (GuestMachine m = machine(2, "ffc0 f4")) {
            m.load(HANDLER, "48cf");
            m.set(PIN_BASED_VM_EXECUTION_CONTROLS, PIN_NMI_EXITING | PIN_VIRTUAL_NMIS);
            m.set(PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS, PRIMARY_NMI_WINDOW_EXITING);
            m.lp.vmwrite(VM_ENTRY_INTERRUPTION_INFORMATION, 0x8000_0202L);
            assertThat(m.runTo()).isEqualTo(ExitReason.NMI_WINDOW);
            assertThat(m.rip()).isEqualTo(CODE);
            m.clear(PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS, PRIMARY_NMI_WINDOW_EXITING);
            m.lp.nonMaskableInterrupt();
            assertThat(m.runTo()).isEqualTo(ExitReason.EXCEPTION_OR_NMI);
            assertThat(m.lp.vmread(EXIT_INTERRUPTION_INFORMATION)).isEqualTo(0x8000_0202L);
        }
    }

    @Test
    void singleStepTrapsAfterEachInstruction() {
        try (GuestMachine m = GuestMachine.of("ffc0 ffc0 f4")) {
            m.lp.vmwrite(EXCEPTION_BITMAP, 1 << 1);
            m.lp.vmwrite(GUEST_RFLAGS, 2 | 1 << 8);
            assertThat(m.runTo()).isEqualTo(ExitReason.EXCEPTION_OR_NMI);
            assertThat(m.qualification()).isEqualTo(1 << 14);
            assertThat(m.rip()).isEqualTo(CODE + 2);
            assertThat(m.lp.gpr(0)).isEqualTo(1);
            assertThat(m.runTo()).isEqualTo(ExitReason.EXCEPTION_OR_NMI);
            assertThat(m.rip()).isEqualTo(CODE + 4);
        }
    }

    @Test
    void singleStepThroughTheIdtSetsDr6AndReturns() {
        // pushfq; or dword [rsp], 100; popfq; inc eax; hlt -- handler counts in ebx
        try (GuestMachine m = machine(1, "9c 810c24 00010000 9d ffc0 f4")) {
            m.load(HANDLER, "ffc3 48cf");
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
            assertThat(m.lp.gpr(3)).as("one trap, after INC").isEqualTo(1);
            assertThat(m.lp.dr(6) & 1 << 14).isNotZero();
        }
    }

    @Test
    void monitorTrapFlagExitsAfterEachInstruction() {
        try (GuestMachine m = GuestMachine.of("ffc0 ffc0 f4")) {
            m.set(PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS, PRIMARY_MONITOR_TRAP_FLAG);
            assertThat(m.runTo()).isEqualTo(ExitReason.MONITOR_TRAP_FLAG);
            assertThat(m.rip()).isEqualTo(CODE + 2);
            assertThat(m.runTo()).isEqualTo(ExitReason.MONITOR_TRAP_FLAG);
            assertThat(m.rip()).isEqualTo(CODE + 4);
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
        }
    }

    @Test
    void syscallAndSysretChangeRings() {
        try (GuestMachine m = machine(6, "0f05 ffc3 0fa2")) {
            m.enterUserMode();
            m.load(HANDLER, "ffc0 480f07");
            m.lp.wrmsr(0xc000_0081, 0x0010_0008L << 32);
            m.lp.wrmsr(0xc000_0082, HANDLER);
            m.lp.wrmsr(0xc000_0084, IF);
            assertThat(m.runTo()).isEqualTo(ExitReason.CPUID);
            assertThat(m.lp.gpr(0)).isEqualTo(1);
            assertThat(m.lp.gpr(3)).isEqualTo(1);
            assertThat(m.lp.gpr(1)).isEqualTo(CODE + 2);
            assertThat(m.lp.vmread(GUEST_CS_SELECTOR)).isEqualTo(0x23);
            assertThat(m.lp.vmread(GUEST_SS_SELECTOR)).isEqualTo(0x1b);
        }
    }
}
