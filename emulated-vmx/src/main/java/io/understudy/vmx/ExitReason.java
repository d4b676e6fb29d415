package io.understudy.vmx;

/**
 * Basic exit reasons (SDM volume 3, appendix "VMX Basic Exit Reasons") with the SDM's name in kebab
 * case.
 */
public enum ExitReason {
    EXCEPTION_OR_NMI(0, "exception-or-nmi"),
    EXTERNAL_INTERRUPT(1, "external-interrupt"),
    TRIPLE_FAULT(2, "triple-fault"),
    INIT(3, "init"),
    SIPI(4, "sipi"),
    IO_SMI(5, "io-smi"),
    OTHER_SMI(6, "other-smi"),
    INTERRUPT_WINDOW(7, "interrupt-window"),
    NMI_WINDOW(8, "nmi-window"),
    TASK_SWITCH(9, "task-switch"),
    CPUID(10, "cpuid"),
    GETSEC(11, "getsec"),
    HLT(12, "hlt"),
    INVD(13, "invd"),
    INVLPG(14, "invlpg"),
    RDPMC(15, "rdpmc"),
    RDTSC(16, "rdtsc"),
    RSM(17, "rsm"),
    VMCALL(18, "vmcall"),
    VMCLEAR(19, "vmclear"),
    VMLAUNCH(20, "vmlaunch"),
    VMPTRLD(21, "vmptrld"),
    VMPTRST(22, "vmptrst"),
    VMREAD(23, "vmread"),
    VMRESUME(24, "vmresume"),
    VMWRITE(25, "vmwrite"),
    VMXOFF(26, "vmxoff"),
    VMXON(27, "vmxon"),
    CR_ACCESS(28, "cr-access"),
    DR_ACCESS(29, "dr-access"),
    IO_INSTRUCTION(30, "io-instruction"),
    RDMSR(31, "rdmsr"),
    WRMSR(32, "wrmsr"),
    ENTRY_FAILURE_GUEST_STATE(33, "entry-failure-guest-state"),
    ENTRY_FAILURE_MSR_LOAD(34, "entry-failure-msr-load"),
    MWAIT(36, "mwait"),
    MONITOR_TRAP_FLAG(37, "monitor-trap-flag"),
    MONITOR(39, "monitor"),
    PAUSE(40, "pause"),
    ENTRY_FAILURE_MACHINE_CHECK(41, "entry-failure-machine-check"),
    TPR_BELOW_THRESHOLD(43, "tpr-below-threshold"),
    APIC_ACCESS(44, "apic-access"),
    VIRTUALIZED_EOI(45, "virtualized-eoi"),
    GDTR_IDTR_ACCESS(46, "gdtr-idtr-access"),
    LDTR_TR_ACCESS(47, "ldtr-tr-access"),
    EPT_VIOLATION(48, "ept-violation"),
    EPT_MISCONFIGURATION(49, "ept-misconfiguration"),
    INVEPT(50, "invept"),
    RDTSCP(51, "rdtscp"),
    PREEMPTION_TIMER(52, "preemption-timer"),
    INVVPID(53, "invvpid"),
    WBINVD_WBNOINVD(54, "wbinvd-wbnoinvd"),
    XSETBV(55, "xsetbv"),
    APIC_WRITE(56, "apic-write"),
    RDRAND(57, "rdrand"),
    INVPCID(58, "invpcid"),
    VMFUNC(59, "vmfunc"),
    ENCLS(60, "encls"),
    RDSEED(61, "rdseed"),
    PML_LOG_FULL(62, "pml-log-full"),
    XSAVES(63, "xsaves"),
    XRSTORS(64, "xrstors"),
    PCONFIG(65, "pconfig"),
    SPP_EVENT(66, "spp-event"),
    UMWAIT(67, "umwait"),
    TPAUSE(68, "tpause"),
    LOADIWKEY(69, "loadiwkey"),
    ENCLV(70, "enclv"),
    INSTRUCTION_TIMEOUT(75, "instruction-timeout");

    /** One more than the highest basic reason. */
    public static final int COUNT = 76;

    private final int number;
    private final String kebabName;

    ExitReason(int number, String kebabName) {
        this.number = number;
        this.kebabName = kebabName;
    }

    public int number() {
        return number;
    }

    public String kebabName() {
        return kebabName;
    }

    /** The reason with this number, or null if the SDM assigns none. */
    public static @org.jspecify.annotations.Nullable ExitReason of(int number) {
        for (ExitReason r : values()) {
            if (r.number == number) {
                return r;
            }
        }
        return null;
    }
}
