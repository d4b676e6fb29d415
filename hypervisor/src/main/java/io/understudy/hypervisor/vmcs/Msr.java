package io.understudy.hypervisor.vmcs;

/** MSR numbers that the hypervisor uses or handles (SDM volume 4, "Architectural MSRs"). */
public final class Msr {
    public static final int TSC = 0x10;
    public static final int APIC_BASE = 0x1b;
    public static final int FEATURE_CONTROL = 0x3a;
    public static final int BIOS_SIGN_ID = 0x8b;
    public static final int SYSENTER_CS = 0x174;
    public static final int SYSENTER_ESP = 0x175;
    public static final int SYSENTER_EIP = 0x176;
    public static final int MISC_ENABLE = 0x1a0;
    public static final int PAT = 0x277;
    public static final int VMX_BASIC = 0x480;
    public static final int VMX_MISC = 0x485;
    public static final int VMX_CR0_FIXED0 = 0x486;
    public static final int VMX_CR4_FIXED0 = 0x488;
    public static final int VMX_PROCBASED_CTLS2 = 0x48b;
    public static final int VMX_EPT_VPID_CAP = 0x48c;
    public static final int VMX_TRUE_PINBASED_CTLS = 0x48d;
    public static final int VMX_TRUE_PROCBASED_CTLS = 0x48e;
    public static final int VMX_TRUE_EXIT_CTLS = 0x48f;
    public static final int VMX_TRUE_ENTRY_CTLS = 0x490;
    public static final int VMX_VMFUNC = 0x491;
    public static final int EFER = 0xc000_0080;
    public static final int STAR = 0xc000_0081;
    public static final int LSTAR = 0xc000_0082;
    public static final int CSTAR = 0xc000_0083;
    public static final int FMASK = 0xc000_0084;
    public static final int FS_BASE = 0xc000_0100;
    public static final int GS_BASE = 0xc000_0101;
    public static final int KERNEL_GS_BASE = 0xc000_0102;
    public static final int TSC_AUX = 0xc000_0103;

    private Msr() {}
}
