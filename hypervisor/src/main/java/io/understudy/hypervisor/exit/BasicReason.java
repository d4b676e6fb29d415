package io.understudy.hypervisor.exit;

/**
 * Numbers of the basic exit reasons that are handled here, as constants for a switch; {@link
 * io.understudy.vmx.ExitReason} has all of them with their names.
 */
public final class BasicReason {
    public static final int EXTERNAL_INTERRUPT = 1;
    public static final int TRIPLE_FAULT = 2;
    public static final int INTERRUPT_WINDOW = 7;
    public static final int CPUID = 10;
    public static final int GETSEC = 11;
    public static final int HLT = 12;
    public static final int INVD = 13;
    public static final int RDPMC = 15;
    public static final int VMCALL = 18;
    public static final int VMCLEAR = 19;
    public static final int VMLAUNCH = 20;
    public static final int VMPTRLD = 21;
    public static final int VMPTRST = 22;
    public static final int VMREAD = 23;
    public static final int VMRESUME = 24;
    public static final int VMWRITE = 25;
    public static final int VMXOFF = 26;
    public static final int VMXON = 27;
    public static final int CR_ACCESS = 28;
    public static final int IO_INSTRUCTION = 30;
    public static final int RDMSR = 31;
    public static final int WRMSR = 32;
    public static final int MWAIT = 36;
    public static final int MONITOR_TRAP_FLAG = 37;
    public static final int MONITOR = 39;
    public static final int TPR_BELOW_THRESHOLD = 43;
    public static final int APIC_ACCESS = 44;
    public static final int VIRTUALIZED_EOI = 45;
    public static final int GDTR_IDTR_ACCESS = 46;
    public static final int LDTR_TR_ACCESS = 47;
    public static final int EPT_VIOLATION = 48;
    public static final int INVEPT = 50;
    public static final int PREEMPTION_TIMER = 52;
    public static final int INVVPID = 53;
    public static final int WBINVD = 54;
    public static final int XSETBV = 55;
    public static final int APIC_WRITE = 56;
    public static final int RDRAND = 57;
    public static final int VMFUNC = 59;
    public static final int RDSEED = 61;
    public static final int PML_LOG_FULL = 62;
    public static final int INSTRUCTION_TIMEOUT = 75;

    private BasicReason() {}
}
