package io.understudy.vmx;

import static io.understudy.vmx.GuestMachine.*;
import static io.understudy.vmx.VmcsField.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.vmx.cpu.Msr;
import java.util.List;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** VM-entry checks by name, and the VMX instructions' own failures. */
class EntryCheckTest {
    private static final int CONTROLS = 7;
    private static final int HOST = 8;

    private interface Change {
        void apply(LogicalProcessor lp);
    }

    private static Arguments failing(String name, int error, int field, long value) {
        return Arguments.of(name, error, field, value);
    }

    static List<Arguments> vmFails() {
        return List.of(
                failing("pin default-1 bit", CONTROLS, PIN_BASED_VM_EXECUTION_CONTROLS, 0),
                failing("posted interrupts without delivery", CONTROLS, 0x4000, 0x17 | 1 << 7),
                failing("reserved pin bit", CONTROLS, 0x4000, 0x16 | 1 << 8),
                failing("virtual NMIs without NMI exiting", CONTROLS, 0x4000, 0x16 | 1 << 5),
                failing("CR3-target count", CONTROLS, CR3_TARGET_COUNT, 5),
                failing("VPID zero", CONTROLS, VPID, 0),
                failing("EPTP memory type", CONTROLS, EPT_POINTER, EPT_PML4 | 3 << 3 | 1),
                failing("EPTP walk length", CONTROLS, EPT_POINTER, EPT_PML4 | 2 << 3 | 6),
                failing("EPTP reserved bit", CONTROLS, EPT_POINTER, EPT_PML4 | 3 << 3 | 6 | 1 << 8),
                failing("unrestricted guest without EPT", CONTROLS, 0x401e, 0x20 | 1 << 7),
                failing("ENCLS exiting unsupported", CONTROLS, 0x401e, 2 | 0x20 | 1 << 15),
                failing("mode-based execute without EPT", CONTROLS, 0x401e, 0x20 | 1 << 22),
                failing("x2APIC without TPR shadow", CONTROLS, 0x401e, 2 | 0x20 | 1 << 4),
                failing("PML without EPT", CONTROLS, 0x401e, 0x20 | 1 << 17),
                failing("entry to SMM", CONTROLS, VM_ENTRY_CONTROLS, 0x93ff | 1 << 10),
                failing("32-bit host of a 64-bit one", HOST, PRIMARY_VM_EXIT_CONTROLS, 0x36dff),
                failing("injected reserved type", CONTROLS, 0x4016, 0x8000_0100L),
                failing("injected NMI with vector 3", CONTROLS, 0x4016, 0x8000_0203L),
                failing("injected #GP without error code", CONTROLS, 0x4016, 0x8000_030dL),
                failing("injected #UD with error code", CONTROLS, 0x4016, 0x8000_0b06L),
                failing("injected INT n without length", CONTROLS, 0x4016, 0x8000_0430L),
                failing("host CR0.PE", HOST, HOST_CR0, 0x8000_0020L),
                failing("host CR4.VMXE", HOST, HOST_CR4, 0x20),
                failing("host CR3 width", HOST, HOST_CR3, 1L << 46),
                failing("host CS null", HOST, HOST_CS_SELECTOR, 0),
                failing("host TR null", HOST, HOST_TR_SELECTOR, 0),
                failing("host DS RPL", HOST, HOST_DS_SELECTOR, 3),
                failing("host GS base", HOST, HOST_GS_BASE, 1L << 47),
                failing("host RIP", HOST, HOST_RIP, 1L << 47),
                failing("host EFER.LMA", HOST, HOST_IA32_EFER, 0x100));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("vmFails")
    void vmFail(String name, int error, int field, long value) {
        try (GuestMachine m = GuestMachine.of("f4")) {
            long sound = m.lp.vmread(field);
            m.lp.vmwrite(field, value);
            assertThatThrownBy(m::run)
                    .isInstanceOf(VmFail.class)
                    .asInstanceOf(InstanceOfAssertFactories.type(VmFail.class))
                    .extracting(VmFail::error)
                    .isEqualTo(error);
            assertThat(m.lp.vmread(VM_INSTRUCTION_ERROR)).isEqualTo(error);
            m.lp.vmwrite(field, sound);
            assertThat(m.runTo()).as("checked again after the repair").isEqualTo(ExitReason.HLT);
        }
    }

    static List<Arguments> guestFailures() {
        return List.of(
                failing("CR0.NE", 0, GUEST_CR0, 0x8001_0013L),
                failing("CR4.PAE", 0, GUEST_CR4, 0x2080),
                failing("CR4 reserved", 0, GUEST_CR4, 0x20a0 | 1 << 23),
                failing("CR3 width", 0, GUEST_CR3, 1L << 50),
                failing("EFER.LMA", 0, GUEST_IA32_EFER, 0x900),
                failing("EFER reserved", 0, GUEST_IA32_EFER, 0xd01 | 2),
                failing("DR7 upper half", 0, GUEST_DR7, 1L << 32),
                failing("TR.TI", 0, GUEST_TR_SELECTOR, 0x2c),
                failing("SS.RPL", 0, GUEST_SS_SELECTOR, 0x13),
                failing("FS base", 0, GUEST_FS_BASE, 1L << 47),
                failing("DS base upper half", 0, GUEST_DS_BASE, 1L << 32),
                failing("CS type data", 0, GUEST_CS_ACCESS_RIGHTS, 0xa093),
                failing("CS not present", 0, GUEST_CS_ACCESS_RIGHTS, 0xa01b),
                failing("CS L and D", 0, GUEST_CS_ACCESS_RIGHTS, 0xe09b),
                failing("CS unusable", 0, GUEST_CS_ACCESS_RIGHTS, 0x1_a09b),
                failing("SS type code", 0, GUEST_SS_ACCESS_RIGHTS, 0xc09b),
                failing("SS DPL", 0, GUEST_SS_ACCESS_RIGHTS, 0xc0f3),
                failing("DS not accessed", 0, GUEST_DS_ACCESS_RIGHTS, 0xc092),
                failing("DS granularity", 0, GUEST_DS_LIMIT, 0xffff_f000L),
                failing("TR type", 0, GUEST_TR_ACCESS_RIGHTS, 0x89),
                failing("TR unusable", 0, GUEST_TR_ACCESS_RIGHTS, 0x1_008b),
                failing("LDTR type", 0, GUEST_LDTR_ACCESS_RIGHTS, 0x83),
                failing("GDTR limit", 0, GUEST_GDTR_LIMIT, 0x1_0000),
                failing("IDTR base", 0, GUEST_IDTR_BASE, 1L << 47),
                failing("RIP canonical", 0, GUEST_RIP, 1L << 47),
                failing("RFLAGS bit 1", 0, GUEST_RFLAGS, 0),
                failing("RFLAGS bit 15", 0, GUEST_RFLAGS, 0x8002),
                failing("RFLAGS.VM", 0, GUEST_RFLAGS, 2 | 1 << 17),
                failing("activity state 4", 0, GUEST_ACTIVITY_STATE, 4),
                failing("EFER of a 32-bit guest", 0, VM_ENTRY_CONTROLS, 0x91ff),
                failing("STI blocking without IF", 0, GUEST_INTERRUPTIBILITY_STATE, 1),
                failing("STI and MOV SS blocking", 0, GUEST_INTERRUPTIBILITY_STATE, 3),
                failing("SMI blocking", 0, GUEST_INTERRUPTIBILITY_STATE, 4),
                failing("pending debug reserved", 0, GUEST_PENDING_DBG_EXCEPTIONS, 1 << 5),
                failing("injected interrupt, IF clear", 0, 0x4016, 0x8000_0040L),
                failing("link pointer", 4, GUEST_VMCS_LINK_POINTER, VMCS));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("guestFailures")
    void guestStateFailure(String name, int qualification, int field, long value) {
        try (GuestMachine m = GuestMachine.of("f4")) {
            long sound = m.lp.vmread(field);
            m.lp.vmwrite(field, value);
            int reason = m.run();
            assertThat(reason).isEqualTo(1 << 31 | 33);
            assertThat(m.lp.vmread(EXIT_REASON)).isEqualTo(0x8000_0021L);
            assertThat(m.qualification()).isEqualTo(qualification);
            assertThat(m.lp.vmread(field)).as("guest area untouched").isEqualTo(value);
            m.lp.vmwrite(field, sound);
            assertThat(m.runTo()).as("still clear: VMLAUNCH works").isEqualTo(ExitReason.HLT);
        }
    }

    @Test
    void anUnalignedMsrListIsRefused() {
        try (GuestMachine m = GuestMachine.of("f4")) {
            m.lp.vmwrite(VMENTRY_MSR_LOAD_ADDR, 0x9008);
            m.lp.vmwrite(VMENTRY_MSR_LOAD_COUNT, 1);
            assertError(CONTROLS, LogicalProcessor::vmlaunch, m.lp);
        }
    }

    @Test
    void aFailedEntryKeepsTheInjectionPending() {
        try (GuestMachine m = GuestMachine.of("f4")) {
            m.lp.vmwrite(VM_ENTRY_INTERRUPTION_INFORMATION, 0x8000_0040L);
            m.run();
            assertThat(m.lp.vmread(VM_ENTRY_INTERRUPTION_INFORMATION)).isEqualTo(0x8000_0040L);
        }
    }

    private static void assertError(int error, Change operation, LogicalProcessor lp) {
        assertThatThrownBy(() -> operation.apply(lp))
                .isInstanceOf(VmFail.class)
                .asInstanceOf(InstanceOfAssertFactories.type(VmFail.class))
                .extracting(VmFail::error)
                .isEqualTo(error);
    }

    @Test
    void vmxInstructionErrors() {
        try (GuestMachine m = GuestMachine.of("f4")) {
            assertError(5, LogicalProcessor::vmresume, m.lp);
            m.runTo();
            assertError(4, LogicalProcessor::vmlaunch, m.lp);
            assertError(2, lp -> lp.vmclear(0x123), m.lp);
            assertError(3, lp -> lp.vmclear(VMXON), m.lp);
            assertError(9, lp -> lp.vmptrld(1L << 50), m.lp);
            assertError(10, lp -> lp.vmptrld(VMXON), m.lp);
            assertError(11, lp -> lp.vmptrld(0x9000), m.lp);
            assertError(12, lp -> lp.vmread(0x2036), m.lp);
            assertError(12, lp -> lp.vmread(0x4001), m.lp);
            assertError(15, lp -> lp.vmxon(VMXON), m.lp);
            assertError(28, lp -> lp.invept(3, 0), m.lp);
            assertError(28, lp -> lp.invept(1, EPT_PML4), m.lp);
            assertError(28, lp -> lp.invvpid(1, 0, 0), m.lp);
            assertError(28, lp -> lp.invvpid(0, 1, 1L << 47), m.lp);
            m.lp.vmclear(VMCS);
            assertError(0, lp -> lp.vmread(EXIT_REASON), m.lp);
            assertError(0, LogicalProcessor::vmlaunch, m.lp);
        }
    }

    @Test
    void exitInformationIsWrittenWhereVmxMiscSaysSo() {
        try (GuestMachine m = GuestMachine.of("f4")) {
            assertThat(m.lp.rdmsr(Msr.VMX_MISC) >>> 29 & 1).isEqualTo(1);
            m.lp.vmwrite(EXIT_REASON, 0x4711);
            assertThat(m.lp.vmread(EXIT_REASON)).isEqualTo(0x4711);
        }
        PlatformConfig older =
                new PlatformConfig(16 << 20, 1, 10, 1, false, ProcessorModel.BASELINE);
        try (GuestMachine m = new GuestMachine(older, (byte) 0xf4)) {
            assertThat(m.lp.rdmsr(Msr.VMX_MISC) >>> 29 & 1).isEqualTo(0);
            assertError(13, lp -> lp.vmwrite(EXIT_REASON, 0), m.lp);
        }
    }

    @Test
    void contentLivesInTheRegionWhileTheVmcsIsNotCurrent() {
        try (GuestMachine m = GuestMachine.of("f4")) {
            m.runTo();
            long rip = m.rip();
            m.memory.write32(0x9000, (int) m.lp.rdmsr(0x480));
            m.lp.vmclear(0x9000);
            m.lp.vmptrld(0x9000);
            m.lp.vmwrite(GUEST_RIP, 1);
            m.lp.vmptrld(VMCS);
            assertThat(m.rip()).isEqualTo(rip);
            m.skip();
            m.lp.vmwrite(GUEST_RIP, CODE);
            assertThat(m.runTo()).as("still launched").isEqualTo(ExitReason.HLT);
        }
    }

    @Test
    void highHalvesAndWidths() {
        try (GuestMachine m = GuestMachine.of("f4")) {
            m.lp.vmwrite(TSC_OFFSET, 0x1111_2222_3333_4444L);
            assertThat(m.lp.vmread(TSC_OFFSET + 1)).isEqualTo(0x1111_2222L);
            m.lp.vmwrite(TSC_OFFSET + 1, 0xffff_ffff_5555_6666L);
            assertThat(m.lp.vmread(TSC_OFFSET)).isEqualTo(0x5555_6666_3333_4444L);
            m.lp.vmwrite(VPID, 0x1_0005);
            assertThat(m.lp.vmread(VPID)).isEqualTo(5);
            m.lp.vmwrite(EXCEPTION_BITMAP, -1);
            assertThat(m.lp.vmread(EXCEPTION_BITMAP)).isEqualTo(0xffff_ffffL);
        }
    }

    @Test
    void msrListsAreLoadedAndStored() {
        try (GuestMachine m = GuestMachine.of("0f01f8 f4")) {
            long entryList = 0x9000;
            long storeList = 0x9100;
            m.memory.write32(entryList, 0xc000_0102);
            m.memory.write64(entryList + 8, 0x777);
            m.memory.write32(storeList, 0xc000_0102);
            m.lp.vmwrite(GUEST_GS_BASE, 0x888);
            m.lp.vmwrite(VMENTRY_MSR_LOAD_ADDR, entryList);
            m.lp.vmwrite(VMENTRY_MSR_LOAD_COUNT, 1);
            m.lp.vmwrite(VMEXIT_MSR_STORE_ADDR, storeList);
            m.lp.vmwrite(VMEXIT_MSR_STORE_COUNT, 1);
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
            assertThat(m.lp.vmread(GUEST_GS_BASE)).isEqualTo(0x777);
            assertThat(m.memory.read64(storeList + 8)).isEqualTo(0x888);
            m.memory.write32(entryList, 0xc000_0100);
            assertThat(m.run()).isEqualTo(1 << 31 | 34);
            assertThat(m.qualification()).isEqualTo(1);
        }
    }
}
