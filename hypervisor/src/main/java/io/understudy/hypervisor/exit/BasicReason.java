package io.understudy.hypervisor.exit;

/**
 * Numbers of the basic exit reasons that are handled here, as constants for a switch; {@link
 * io.understudy.vmx.ExitReason} has all of them with their names.
 */
final class BasicReason {
    static final int EXTERNAL_INTERRUPT = 1;
    static final int TRIPLE_FAULT = 2;
    static final int INTERRUPT_WINDOW = 7;
    static final int CPUID = 10;
    static final int GETSEC = 11;
    static final int HLT = 12;
    static final int INVD = 13;
    static final int RDPMC = 15;
    static final int VMCALL = 18;
    static final int VMCLEAR = 19;
    static final int VMLAUNCH = 20;
    static final int VMPTRLD = 21;
    static final int VMPTRST = 22;
    static final int VMREAD = 23;
    static final int VMRESUME = 24;
    static final int VMWRITE = 25;
    static final int VMXOFF = 26;
    static final int VMXON = 27;
    static final int CR_ACCESS = 28;
    static final int IO_INSTRUCTION = 30;
    static final int RDMSR = 31;
    static final int WRMSR = 32;
    static final int MWAIT = 36;
    static final int MONITOR_TRAP_FLAG = 37;
    static final int MONITOR = 39;
    static final int GDTR_IDTR_ACCESS = 46;
    static final int LDTR_TR_ACCESS = 47;
    static final int EPT_VIOLATION = 48;
    static final int INVEPT = 50;
    static final int PREEMPTION_TIMER = 52;
    static final int INVVPID = 53;
    static final int WBINVD = 54;
    static final int XSETBV = 55;
    static final int RDRAND = 57;
    static final int VMFUNC = 59;
    static final int RDSEED = 61;
    static final int PML_LOG_FULL = 62;
    static final int INSTRUCTION_TIMEOUT = 75;

    private BasicReason() {}
}
