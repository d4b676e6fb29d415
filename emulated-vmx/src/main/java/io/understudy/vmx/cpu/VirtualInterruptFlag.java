package io.understudy.vmx.cpu;

/**
 * RFLAGS.VIF in the place of IF: virtual-8086 mode extensions (CR4.VME) and protected-mode virtual
 * interrupts (CR4.PVI). SDM volume 3, "Class 2: Maskable Hardware Interrupt Handling in
 * Virtual-8086 Mode Using the Virtual Interrupt Mechanism" and "Protected-Mode Virtual Interrupts".
 */
public final class VirtualInterruptFlag {
    /** Between a flag of an image and the one that it stands for. */
    private static final int IF_TO_VIF_SHIFT = 10;

    private VirtualInterruptFlag() {}

    /** Virtual-8086 mode in which PUSHF, POPF, IRET and INT n are not free. */
    private static boolean isRestricted(Cpu cpu) {
        return cpu.isVirtual8086()
                && (cpu.systemFlags & ControlBits.FLAG_IOPL) != ControlBits.FLAG_IOPL;
    }

    /** Whether PUSHF, POPF and IRET have VIF where IF would be, and IOPL 3. */
    public static boolean isUsed(Cpu cpu) {
        return isRestricted(cpu) && (cpu.system.cr4 & ControlBits.CR4_VME) != 0;
    }

    /** Whether CLI and STI, which IOPL forbids, change VIF. */
    public static boolean isChangedByCliAndSti(Cpu cpu) {
        boolean pvi =
                !cpu.isVirtual8086()
                        && cpu.system.cpl() == 3
                        && (cpu.system.cr4 & ControlBits.CR4_PVI) != 0;
        return pvi || isUsed(cpu);
    }

    /**
     * Raises #GP(0) in virtual-8086 mode if IOPL is below 3 and nothing virtualizes the flags:
     * PUSHF, POPF, IRET.
     */
    public static void requireFlags(Cpu cpu, int operandBytes) {
        if (isRestricted(cpu) && !(operandBytes == 2 && isUsed(cpu))) {
            throw cpu.raise(Vector.GP, 0);
        }
    }

    /** Raises #GP(0) in virtual-8086 mode if IOPL is below 3: INT n that is not redirected. */
    public static void requireIoPrivilege(Cpu cpu) {
        if (isRestricted(cpu)) {
            throw cpu.raise(Vector.GP, 0);
        }
    }

    /** RFLAGS as pushed, of which 16 bits count where {@link #isUsed}. */
    public static long pushed(Cpu cpu, long rflags) {
        if (!isUsed(cpu)) {
            return rflags;
        }
        long flag = (rflags & ControlBits.FLAG_VIF) >>> IF_TO_VIF_SHIFT;
        return (rflags & ~ControlBits.FLAG_IF) | flag | ControlBits.FLAG_IOPL;
    }

    /**
     * What an image of POPF or IRET gives VIF, where {@link #isUsed}.
     *
     * @throws GuestFault #GP(0) if the image would single-step, or enable a pending interrupt
     */
    public static long popped(Cpu cpu, long image) {
        boolean enables = (image & ControlBits.FLAG_IF) != 0;
        if ((image & ControlBits.FLAG_TF) != 0 || (enables && isPending(cpu))) {
            throw cpu.raise(Vector.GP, 0);
        }
        return (image & ControlBits.FLAG_IF) << IF_TO_VIF_SHIFT;
    }

    /** STI: sets VIF, or raises #GP(0) if an interrupt is pending. */
    public static void set(Cpu cpu) {
        if (isPending(cpu)) {
            throw cpu.raise(Vector.GP, 0);
        }
        cpu.systemFlags |= ControlBits.FLAG_VIF;
    }

    /** CLI. */
    public static void clear(Cpu cpu) {
        cpu.systemFlags &= ~ControlBits.FLAG_VIF;
    }

    private static boolean isPending(Cpu cpu) {
        return (cpu.systemFlags & ControlBits.FLAG_VIP) != 0;
    }
}
