package io.understudy.hypervisor.vcpu;

import io.understudy.hypervisor.vmcs.Msr;
import io.understudy.vmx.VmcsField;

/**
 * The fields of a vCPU's canonical state, in the order in which they are saved; each is a 64-bit
 * word. {@code docs/formats/vcpu-state.md} is the same table in prose.
 */
enum StateField {
    RAX(Home.REGISTER, 0),
    RCX(Home.REGISTER, 1),
    RDX(Home.REGISTER, 2),
    RBX(Home.REGISTER, 3),
    RSP(Home.VMCS, VmcsField.GUEST_RSP),
    RBP(Home.REGISTER, 5),
    RSI(Home.REGISTER, 6),
    RDI(Home.REGISTER, 7),
    R8(Home.REGISTER, 8),
    R9(Home.REGISTER, 9),
    R10(Home.REGISTER, 10),
    R11(Home.REGISTER, 11),
    R12(Home.REGISTER, 12),
    R13(Home.REGISTER, 13),
    R14(Home.REGISTER, 14),
    R15(Home.REGISTER, 15),
    RIP(Home.VMCS, VmcsField.GUEST_RIP),
    RFLAGS(Home.VMCS, VmcsField.GUEST_RFLAGS),
    CR0(Home.VMCS, VmcsField.GUEST_CR0),
    CR2(Home.PROCESSOR, 0),
    CR3(Home.VMCS, VmcsField.GUEST_CR3),
    CR4(Home.VMCS, VmcsField.GUEST_CR4),
    XCR0(Home.PROCESSOR, 0),
    DR0(Home.DEBUG_REGISTER, 0),
    DR1(Home.DEBUG_REGISTER, 1),
    DR2(Home.DEBUG_REGISTER, 2),
    DR3(Home.DEBUG_REGISTER, 3),
    DR6(Home.DEBUG_REGISTER, 6),
    DR7(Home.VMCS, VmcsField.GUEST_DR7),
    DEBUGCTL(Home.VMCS, VmcsField.GUEST_IA32_DEBUGCTL),
    ES_SELECTOR(Home.VMCS, VmcsField.GUEST_ES_SELECTOR),
    ES_BASE(Home.VMCS, VmcsField.GUEST_ES_BASE),
    ES_LIMIT(Home.VMCS, VmcsField.GUEST_ES_LIMIT),
    ES_RIGHTS(Home.VMCS, VmcsField.GUEST_ES_ACCESS_RIGHTS),
    CS_SELECTOR(Home.VMCS, VmcsField.GUEST_CS_SELECTOR),
    CS_BASE(Home.VMCS, VmcsField.GUEST_CS_BASE),
    CS_LIMIT(Home.VMCS, VmcsField.GUEST_CS_LIMIT),
    CS_RIGHTS(Home.VMCS, VmcsField.GUEST_CS_ACCESS_RIGHTS),
    SS_SELECTOR(Home.VMCS, VmcsField.GUEST_SS_SELECTOR),
    SS_BASE(Home.VMCS, VmcsField.GUEST_SS_BASE),
    SS_LIMIT(Home.VMCS, VmcsField.GUEST_SS_LIMIT),
    SS_RIGHTS(Home.VMCS, VmcsField.GUEST_SS_ACCESS_RIGHTS),
    DS_SELECTOR(Home.VMCS, VmcsField.GUEST_DS_SELECTOR),
    DS_BASE(Home.VMCS, VmcsField.GUEST_DS_BASE),
    DS_LIMIT(Home.VMCS, VmcsField.GUEST_DS_LIMIT),
    DS_RIGHTS(Home.VMCS, VmcsField.GUEST_DS_ACCESS_RIGHTS),
    FS_SELECTOR(Home.VMCS, VmcsField.GUEST_FS_SELECTOR),
    FS_BASE(Home.VMCS, VmcsField.GUEST_FS_BASE),
    FS_LIMIT(Home.VMCS, VmcsField.GUEST_FS_LIMIT),
    FS_RIGHTS(Home.VMCS, VmcsField.GUEST_FS_ACCESS_RIGHTS),
    GS_SELECTOR(Home.VMCS, VmcsField.GUEST_GS_SELECTOR),
    GS_BASE(Home.VMCS, VmcsField.GUEST_GS_BASE),
    GS_LIMIT(Home.VMCS, VmcsField.GUEST_GS_LIMIT),
    GS_RIGHTS(Home.VMCS, VmcsField.GUEST_GS_ACCESS_RIGHTS),
    LDTR_SELECTOR(Home.VMCS, VmcsField.GUEST_LDTR_SELECTOR),
    LDTR_BASE(Home.VMCS, VmcsField.GUEST_LDTR_BASE),
    LDTR_LIMIT(Home.VMCS, VmcsField.GUEST_LDTR_LIMIT),
    LDTR_RIGHTS(Home.VMCS, VmcsField.GUEST_LDTR_ACCESS_RIGHTS),
    TR_SELECTOR(Home.VMCS, VmcsField.GUEST_TR_SELECTOR),
    TR_BASE(Home.VMCS, VmcsField.GUEST_TR_BASE),
    TR_LIMIT(Home.VMCS, VmcsField.GUEST_TR_LIMIT),
    TR_RIGHTS(Home.VMCS, VmcsField.GUEST_TR_ACCESS_RIGHTS),
    GDTR_BASE(Home.VMCS, VmcsField.GUEST_GDTR_BASE),
    GDTR_LIMIT(Home.VMCS, VmcsField.GUEST_GDTR_LIMIT),
    IDTR_BASE(Home.VMCS, VmcsField.GUEST_IDTR_BASE),
    IDTR_LIMIT(Home.VMCS, VmcsField.GUEST_IDTR_LIMIT),
    EFER(Home.VMCS, VmcsField.GUEST_IA32_EFER),
    PAT(Home.VMCS, VmcsField.GUEST_IA32_PAT),
    SYSENTER_CS(Home.VMCS, VmcsField.GUEST_IA32_SYSENTER_CS_MSR),
    SYSENTER_ESP(Home.VMCS, VmcsField.GUEST_IA32_SYSENTER_ESP_MSR),
    SYSENTER_EIP(Home.VMCS, VmcsField.GUEST_IA32_SYSENTER_EIP_MSR),
    STAR(Home.MSR, Msr.STAR),
    LSTAR(Home.MSR, Msr.LSTAR),
    CSTAR(Home.MSR, Msr.CSTAR),
    FMASK(Home.MSR, Msr.FMASK),
    KERNEL_GS_BASE(Home.MSR, Msr.KERNEL_GS_BASE),
    TSC_AUX(Home.MSR, Msr.TSC_AUX),
    INTERRUPTIBILITY(Home.VMCS, VmcsField.GUEST_INTERRUPTIBILITY_STATE),
    PENDING_DEBUG(Home.VMCS, VmcsField.GUEST_PENDING_DBG_EXCEPTIONS),
    ACTIVITY(Home.VCPU, 0),
    EVENT(Home.VCPU, 0),
    EVENT_ERROR_CODE(Home.VCPU, 0),
    EVENT_INSTRUCTION_LENGTH(Home.VCPU, 0),
    GUEST_TSC(Home.VCPU, 0),
    INSTRUCTIONS(Home.VCPU, 0),
    NS_PER_INSTRUCTION(Home.VCPU, 0),
    /** Control, status, tag byte and opcode of the x87. */
    X87_WORDS(Home.FX, 0),
    X87_INSTRUCTION(Home.FX, 1),
    X87_OPERAND(Home.FX, 2),
    MXCSR(Home.FX, 3),
    ST0(Home.FX, 4),
    ST0_SIGN_EXPONENT(Home.FX, 5),
    ST1(Home.FX, 6),
    ST1_SIGN_EXPONENT(Home.FX, 7),
    ST2(Home.FX, 8),
    ST2_SIGN_EXPONENT(Home.FX, 9),
    ST3(Home.FX, 10),
    ST3_SIGN_EXPONENT(Home.FX, 11),
    ST4(Home.FX, 12),
    ST4_SIGN_EXPONENT(Home.FX, 13),
    ST5(Home.FX, 14),
    ST5_SIGN_EXPONENT(Home.FX, 15),
    ST6(Home.FX, 16),
    ST6_SIGN_EXPONENT(Home.FX, 17),
    ST7(Home.FX, 18),
    ST7_SIGN_EXPONENT(Home.FX, 19),
    XMM0(Home.FX, 20),
    XMM0_HIGH(Home.FX, 21),
    XMM1(Home.FX, 22),
    XMM1_HIGH(Home.FX, 23),
    XMM2(Home.FX, 24),
    XMM2_HIGH(Home.FX, 25),
    XMM3(Home.FX, 26),
    XMM3_HIGH(Home.FX, 27),
    XMM4(Home.FX, 28),
    XMM4_HIGH(Home.FX, 29),
    XMM5(Home.FX, 30),
    XMM5_HIGH(Home.FX, 31),
    XMM6(Home.FX, 32),
    XMM6_HIGH(Home.FX, 33),
    XMM7(Home.FX, 34),
    XMM7_HIGH(Home.FX, 35),
    XMM8(Home.FX, 36),
    XMM8_HIGH(Home.FX, 37),
    XMM9(Home.FX, 38),
    XMM9_HIGH(Home.FX, 39),
    XMM10(Home.FX, 40),
    XMM10_HIGH(Home.FX, 41),
    XMM11(Home.FX, 42),
    XMM11_HIGH(Home.FX, 43),
    XMM12(Home.FX, 44),
    XMM12_HIGH(Home.FX, 45),
    XMM13(Home.FX, 46),
    XMM13_HIGH(Home.FX, 47),
    XMM14(Home.FX, 48),
    XMM14_HIGH(Home.FX, 49),
    XMM15(Home.FX, 50),
    XMM15_HIGH(Home.FX, 51),
    PKRU(Home.PROCESSOR, 0);

    /** Where the live value is while the machine is paused. */
    enum Home {
        /** General-purpose register {@link StateField#number}. */
        REGISTER,
        /** VMCS field {@link StateField#number}. */
        VMCS,
        DEBUG_REGISTER,
        /** MSR {@link StateField#number} of the processor. */
        MSR,
        /** Word {@link StateField#number} of the image of FXSAVE64. */
        FX,
        /** Another register of the processor. */
        PROCESSOR,
        /** Kept by the hypervisor. */
        VCPU
    }

    /** All fields; the array is shared, do not change it. */
    static final StateField[] ALL = values();

    private final Home home;
    private final int number;

    StateField(Home home, int number) {
        this.home = home;
        this.number = number;
    }

    Home home() {
        return home;
    }

    int number() {
        return number;
    }
}
