package io.understudy.hypervisor.exit;

import io.understudy.hypervisor.device.LocalApic;
import io.understudy.hypervisor.vcpu.Vcpu;
import io.understudy.hypervisor.vmcs.Msr;
import io.understudy.vmx.LogicalProcessor;

/** RDMSR and WRMSR of registers that the guest may not use directly. */
final class MsrExits {
    private static final int RAX = 0;
    private static final int RCX = 1;
    private static final int RDX = 2;
    private static final int GENERAL_PROTECTION = 13;

    /** At FEE00000h, enabled, in x2APIC mode, of the bootstrap processor. */
    private static final long APIC_BASE_VALUE = 0xfee0_0d00L;

    /** Locked, with VMX off. */
    private static final long FEATURE_CONTROL_VALUE = 1;

    /** Fast strings. */
    private static final long MISC_ENABLE_VALUE = 1;

    private final Vcpu vcpu;
    private final LocalApic apic;

    MsrExits(Vcpu vcpu, LocalApic apic) {
        this.vcpu = vcpu;
        this.apic = apic;
    }

    void handleRead() {
        LogicalProcessor p = vcpu.processor();
        int msr = (int) p.gpr(RCX);
        long value;
        if (isApic(msr)) {
            if (!apic.isReadable(msr)) {
                vcpu.raise(GENERAL_PROTECTION, 0);
                return;
            }
            value = apic.read(msr, vcpu.time().tsc());
        } else {
            switch (msr) {
                case Msr.TSC -> value = vcpu.time().tsc();
                case Msr.APIC_BASE -> value = APIC_BASE_VALUE;
                case Msr.FEATURE_CONTROL -> value = FEATURE_CONTROL_VALUE;
                case Msr.MISC_ENABLE -> value = MISC_ENABLE_VALUE;
                case Msr.BIOS_SIGN_ID -> value = 0;
                default -> {
                    vcpu.raise(GENERAL_PROTECTION, 0);
                    return;
                }
            }
        }
        p.setGpr(RAX, value & 0xffff_ffffL);
        p.setGpr(RDX, value >>> 32);
        vcpu.skipInstruction();
    }

    void handleWrite() {
        LogicalProcessor p = vcpu.processor();
        int msr = (int) p.gpr(RCX);
        long value = (p.gpr(RAX) & 0xffff_ffffL) | (p.gpr(RDX) << 32);
        boolean accepted =
                isApic(msr) ? apic.write(msr, value, vcpu.time().tsc()) : write(msr, value);
        if (accepted) {
            vcpu.skipInstruction();
        } else {
            vcpu.raise(GENERAL_PROTECTION, 0);
        }
    }

    private boolean write(int msr, long value) {
        return switch (msr) {
            case Msr.TSC -> {
                long shift = value - vcpu.time().tsc();
                vcpu.time().setTsc(value);
                vcpu.writeTscOffset();
                apic.tscShifted(shift);
                yield true;
            }
            case Msr.APIC_BASE -> value == APIC_BASE_VALUE;
            case Msr.MISC_ENABLE, Msr.BIOS_SIGN_ID -> true;
            default -> false;
        };
    }

    private static boolean isApic(int msr) {
        return msr == LocalApic.MSR_TSC_DEADLINE
                || (msr >= LocalApic.MSR_FIRST && msr < LocalApic.MSR_END);
    }
}
