package io.understudy.vmx.system;

import io.understudy.vmx.ProcessorModel;
import io.understudy.vmx.VirtualClock;
import io.understudy.vmx.apic.LocalApic;
import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.Msr;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.operation.Capabilities;
import io.understudy.vmx.operation.MsrAccess;
import io.understudy.vmx.translation.Mmu;

/** The model-specific registers of a logical processor, as RDMSR and WRMSR reach them. */
public final class MsrFile implements MsrAccess {
    private static final long FEATURE_CONTROL_LOCK = 1;
    private static final long FEATURE_CONTROL_DEFINED = 7;

    /** Fast strings; no branch trace store, no precise events. */
    private static final long MISC_ENABLE = 1 | 1 << 11 | 1 << 12;

    /**
     * Fast strings, thermal control, branch trace and precise events unavailable, SpeedStep,
     * MONITOR, CPUID limit, xTPR, execute disable: kept, without effect.
     */
    private static final long MISC_ENABLE_DEFINED =
            1 | 1 << 3 | 1 << 7 | 1 << 11 | 1 << 12 | 1 << 16 | 1 << 18 | 1 << 22 | 1 << 23
                    | 1L << 34;

    /** Performance monitoring available; branch trace and precise events unavailable. */
    private static final long MISC_ENABLE_READ_ONLY = 1 << 7 | 1 << 11 | 1 << 12;

    private static final int MTRR_VARIABLE = 8;
    private static final int MTRR_FIXED = 11;

    /** 8 variable ranges, fixed ranges, write-combining. */
    private static final long MTRRCAP = MTRR_VARIABLE | (1L << 8) | (1L << 10);

    private static final long MTRR_DEF_TYPE_RESET = 0xc06;
    private static final long MTRR_DEF_TYPE_DEFINED = 0xcff;
    private static final long MTRR_MASK_VALID = 1L << 11;

    /** Newer than any revision with an erratum that kernels work around on such a model. */
    private static final long MICROCODE = 0x1000L << 32;

    private final Cpu cpu;
    private final Mmu mmu;
    private final LocalApic apic;
    private final VirtualClock clock;
    private final ProcessorModel model;
    private long featureControl;
    private long tscAdjust;
    private final long[] mtrrVariable = new long[2 * MTRR_VARIABLE];
    private final long[] mtrrFixed = new long[MTRR_FIXED];
    private long miscEnable = MISC_ENABLE;
    private long mtrrDefType = MTRR_DEF_TYPE_RESET;

    /**
     * @param featureControl IA32_FEATURE_CONTROL, 0 after power-up
     */
    public MsrFile(
            Cpu cpu,
            Mmu mmu,
            LocalApic apic,
            VirtualClock clock,
            long featureControl,
            ProcessorModel model) {
        this.cpu = cpu;
        this.mmu = mmu;
        this.apic = apic;
        this.clock = clock;
        this.model = model;
        this.featureControl = featureControl;
    }

    /** The time-stamp counter, before any offset of non-root operation. */
    public long timeStamp() {
        clock.retire(cpu.takeRetired());
        return clock.nowNs() + tscAdjust;
    }

    @Override
    public boolean isReadable(int number) {
        if (isX2ApicRange(number)) {
            return apic.isX2Apic() && apic.read(number - Msr.X2APIC_FIRST, 0) != -1;
        }
        if (fixedMtrr(number) >= 0 || isVariableMtrr(number)) {
            return true;
        }
        return switch (number) {
            case Msr.TSC,
                    Msr.APIC_BASE,
                    Msr.FEATURE_CONTROL,
                    Msr.TSC_ADJUST,
                    Msr.PLATFORM_ID,
                    Msr.BIOS_SIGN_ID,
                    Msr.MTRRCAP,
                    Msr.SYSENTER_CS,
                    Msr.SYSENTER_ESP,
                    Msr.SYSENTER_EIP,
                    Msr.MCG_CAP,
                    Msr.MCG_STATUS,
                    Msr.MISC_ENABLE,
                    Msr.DEBUGCTL,
                    Msr.PAT,
                    Msr.MTRR_DEF_TYPE,
                    Msr.TSC_DEADLINE,
                    Msr.EFER,
                    Msr.STAR,
                    Msr.LSTAR,
                    Msr.CSTAR,
                    Msr.FMASK,
                    Msr.FS_BASE,
                    Msr.GS_BASE,
                    Msr.KERNEL_GS_BASE,
                    Msr.TSC_AUX ->
                    true;
            default -> Capabilities.msr(number, model) != -1;
        };
    }

    @Override
    public long read(int number) {
        SystemState s = cpu.system;
        if (isX2ApicRange(number)) {
            clock.retire(cpu.takeRetired());
            return apic.read(number - Msr.X2APIC_FIRST, clock.nowNs());
        }
        if (isVariableMtrr(number)) {
            return mtrrVariable[number - Msr.MTRR_PHYSBASE0];
        }
        if (fixedMtrr(number) >= 0) {
            return mtrrFixed[fixedMtrr(number)];
        }
        return switch (number) {
            case Msr.TSC -> timeStamp();
            case Msr.APIC_BASE -> apic.base();
            case Msr.FEATURE_CONTROL -> featureControl;
            case Msr.TSC_ADJUST -> tscAdjust;
            case Msr.BIOS_SIGN_ID -> MICROCODE;
            case Msr.MTRRCAP -> MTRRCAP;
            case Msr.SYSENTER_CS -> s.sysenterCs;
            case Msr.SYSENTER_ESP -> s.sysenterEsp;
            case Msr.SYSENTER_EIP -> s.sysenterEip;
            case Msr.MCG_CAP, Msr.MCG_STATUS, Msr.PLATFORM_ID -> 0;
            case Msr.MISC_ENABLE -> miscEnable;
            case Msr.DEBUGCTL -> s.debugctl;
            case Msr.PAT -> s.pat;
            case Msr.MTRR_DEF_TYPE -> mtrrDefType;
            case Msr.TSC_DEADLINE -> deadline();
            case Msr.EFER -> s.efer;
            case Msr.STAR -> s.star;
            case Msr.LSTAR -> s.lstar;
            case Msr.CSTAR -> s.cstar;
            case Msr.FMASK -> s.fmask;
            case Msr.FS_BASE -> cpu.fsBase;
            case Msr.GS_BASE -> cpu.gsBase;
            case Msr.KERNEL_GS_BASE -> s.kernelGsBase;
            case Msr.TSC_AUX -> s.tscAux;
            default -> Capabilities.msr(number, model);
        };
    }

    private long deadline() {
        return apic.tscDeadline() == 0 ? 0 : apic.tscDeadline() + tscAdjust;
    }

    @Override
    public boolean write(int number, long value) {
        if (isX2ApicRange(number)) {
            clock.retire(cpu.takeRetired());
            boolean done =
                    apic.isX2Apic() && apic.write(number - Msr.X2APIC_FIRST, value, clock.nowNs());
            cpu.requestBoundary();
            return done;
        }
        if (isVariableMtrr(number)) {
            return writeVariableMtrr(number - Msr.MTRR_PHYSBASE0, value);
        }
        if (fixedMtrr(number) >= 0) {
            if (!areMemoryTypes(value)) {
                return false;
            }
            mtrrFixed[fixedMtrr(number)] = value;
            return true;
        }
        return switch (number) {
            case Msr.FS_BASE,
                    Msr.GS_BASE,
                    Msr.KERNEL_GS_BASE,
                    Msr.LSTAR,
                    Msr.CSTAR,
                    Msr.SYSENTER_ESP,
                    Msr.SYSENTER_EIP ->
                    ControlBits.isCanonical(value) && writeAddress(number, value);
            default -> writeOther(number, value);
        };
    }

    private boolean writeAddress(int number, long value) {
        SystemState s = cpu.system;
        switch (number) {
            case Msr.FS_BASE -> cpu.fsBase = value;
            case Msr.GS_BASE -> cpu.gsBase = value;
            case Msr.KERNEL_GS_BASE -> s.kernelGsBase = value;
            case Msr.LSTAR -> s.lstar = value;
            case Msr.CSTAR -> s.cstar = value;
            case Msr.SYSENTER_ESP -> s.sysenterEsp = value;
            default -> s.sysenterEip = value;
        }
        return true;
    }

    private boolean writeOther(int number, long value) {
        SystemState s = cpu.system;
        switch (number) {
            case Msr.TSC -> tscAdjust += value - timeStamp();
            case Msr.TSC_ADJUST -> tscAdjust = value;
            case Msr.TSC_DEADLINE -> {
                clock.retire(cpu.takeRetired());
                apic.setTscDeadline(value == 0 ? 0 : Math.max(1, value - tscAdjust));
                cpu.requestBoundary();
            }
            case Msr.EFER -> {
                return writeEfer(value);
            }
            case Msr.STAR -> s.star = value;
            case Msr.FMASK -> s.fmask = value & 0xffff_ffffL;
            case Msr.TSC_AUX -> {
                s.tscAux = value;
                return value >>> 32 == 0;
            }
            case Msr.SYSENTER_CS -> s.sysenterCs = value & 0xffff_ffffL;
            case Msr.PAT -> {
                if (!isPat(value)) {
                    return false;
                }
                s.pat = value;
            }
            case Msr.DEBUGCTL -> {
                if ((value & ~SystemState.DEBUGCTL_DEFINED) != 0) {
                    return false;
                }
                s.debugctl = value;
            }
            case Msr.MTRR_DEF_TYPE -> {
                if ((value & ~MTRR_DEF_TYPE_DEFINED) != 0 || !isMemoryType(value & 0xff)) {
                    return false;
                }
                mtrrDefType = value;
            }
            case Msr.BIOS_SIGN_ID, Msr.MCG_STATUS -> {
                return value == 0;
            }
            case Msr.MISC_ENABLE -> {
                if ((value & ~MISC_ENABLE_DEFINED) != 0) {
                    return false;
                }
                miscEnable =
                        (value & ~MISC_ENABLE_READ_ONLY) | (miscEnable & MISC_ENABLE_READ_ONLY);
            }
            case Msr.APIC_BASE -> {
                cpu.requestBoundary();
                return apic.writeBase(value);
            }
            case Msr.FEATURE_CONTROL -> {
                boolean locked = (featureControl & FEATURE_CONTROL_LOCK) != 0;
                if (locked || (value & ~FEATURE_CONTROL_DEFINED) != 0) {
                    return false;
                }
                featureControl = value;
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    private boolean writeEfer(long value) {
        SystemState s = cpu.system;
        long changed = value ^ s.efer;
        boolean lmeWhilePaging =
                (changed & ControlBits.EFER_LME) != 0 && (s.cr0 & ControlBits.CR0_PG) != 0;
        if ((value & ~ControlBits.EFER_SUPPORTED) != 0 || lmeWhilePaging) {
            return false;
        }
        s.efer = (value & ~ControlBits.EFER_LMA) | (s.efer & ControlBits.EFER_LMA);
        mmu.activate(cpu);
        return true;
    }

    /** A base with its memory type, or a mask with its valid flag. */
    private boolean writeVariableMtrr(int index, long value) {
        boolean isBase = (index & 1) == 0;
        long defined = ControlBits.FRAME_MASK | (isBase ? 0xff : MTRR_MASK_VALID);
        if ((value & ~defined) != 0 || (isBase && !isMemoryType(value & 0xff))) {
            return false;
        }
        mtrrVariable[index] = value;
        return true;
    }

    private static boolean isMemoryType(long type) {
        return type == 0 || type == 1 || (type >= 4 && type <= 6);
    }

    private static boolean areMemoryTypes(long types) {
        for (int i = 0; i < 64; i += 8) {
            if (!isMemoryType((types >>> i) & 0xff)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isPat(long pat) {
        for (int i = 0; i < 64; i += 8) {
            long type = (pat >>> i) & 0xff;
            if (type > 7 || type == 2 || type == 3) {
                return false;
            }
        }
        return true;
    }

    private static boolean isX2ApicRange(int number) {
        return number >= Msr.X2APIC_FIRST && number <= Msr.X2APIC_LAST;
    }

    private static boolean isVariableMtrr(int number) {
        return number >= Msr.MTRR_PHYSBASE0 && number <= Msr.MTRR_PHYSMASK7;
    }

    /** Index of a fixed-range MTRR, or -1. */
    private static int fixedMtrr(int number) {
        return switch (number) {
            case Msr.MTRR_FIX64K_00000 -> 0;
            case Msr.MTRR_FIX16K_80000 -> 1;
            case Msr.MTRR_FIX16K_A0000 -> 2;
            default ->
                    number >= Msr.MTRR_FIX4K_C0000 && number <= Msr.MTRR_FIX4K_F8000
                            ? 3 + number - Msr.MTRR_FIX4K_C0000
                            : -1;
        };
    }
}
