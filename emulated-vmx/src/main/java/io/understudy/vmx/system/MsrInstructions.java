package io.understudy.vmx.system;

import static io.understudy.vmx.VmcsField.MSR_BITMAPS;
import static io.understudy.vmx.VmxControls.*;

import io.understudy.vmx.ExitReason;
import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.Msr;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.memory.PhysicalMemory;
import io.understudy.vmx.operation.VmxOperation;

/**
 * RDMSR and WRMSR, and what reads one register by an instruction of its own: RDTSC, RDTSCP, RDPID,
 * RDPMC.
 */
final class MsrInstructions {
    private final VmxOperation vmx;
    private final InstructionExits exits;
    private final MsrFile msrs;
    private final PhysicalMemory memory;

    MsrInstructions(VmxOperation vmx, InstructionExits exits, MsrFile msrs, PhysicalMemory memory) {
        this.vmx = vmx;
        this.exits = exits;
        this.msrs = msrs;
        this.memory = memory;
    }

    private void checkTimeStampDisable(Cpu cpu) {
        if ((cpu.system.cr4 & ControlBits.CR4_TSD) != 0) {
            SystemInstructionUnit.requireCpl0(cpu);
        }
    }

    private long offsetTimeStamp() {
        return vmx.guestTimeStamp(msrs.timeStamp());
    }

    void rdtsc(Cpu cpu, Insn insn) {
        checkTimeStampDisable(cpu);
        if (exits.takeIf(cpu, vmx.primary(PRIMARY_RDTSC_EXITING), ExitReason.RDTSC, insn)) {
            return;
        }
        setEdxEax(cpu, offsetTimeStamp());
        Operands.advance(cpu, insn);
    }

    void rdtscp(Cpu cpu, Insn insn) {
        requireRdtscp(cpu);
        checkTimeStampDisable(cpu);
        if (exits.takeIf(cpu, vmx.primary(PRIMARY_RDTSC_EXITING), ExitReason.RDTSCP, insn)) {
            return;
        }
        setEdxEax(cpu, offsetTimeStamp());
        cpu.gpr[Cpu.RCX] = cpu.system.tscAux & 0xffff_ffffL;
        Operands.advance(cpu, insn);
    }

    void rdpid(Cpu cpu, Insn insn) {
        requireRdtscp(cpu);
        cpu.gpr[insn.register0()] = cpu.system.tscAux & 0xffff_ffffL;
        Operands.advance(cpu, insn);
    }

    private void requireRdtscp(Cpu cpu) {
        if (vmx.isNonRoot() && !vmx.secondary(SECONDARY_RDTSCP)) {
            throw cpu.raise(Vector.UD);
        }
    }

    static void setEdxEax(Cpu cpu, long value) {
        cpu.gpr[Cpu.RAX] = value & 0xffff_ffffL;
        cpu.gpr[Cpu.RDX] = value >>> 32;
    }

    void rdmsr(Cpu cpu, Insn insn) {
        SystemInstructionUnit.requireCpl0(cpu);
        int number = (int) cpu.gpr[Cpu.RCX];
        if (isMsrIntercepted(number, 0)) {
            exits.take(cpu, ExitReason.RDMSR, 0, insn);
            return;
        }
        if (vmx.virtualApic().virtualizesRead(number)) {
            setEdxEax(cpu, vmx.virtualApic().readMsr(number));
            Operands.advance(cpu, insn);
            return;
        }
        if (!msrs.isReadable(number)) {
            throw cpu.raise(Vector.GP, 0);
        }
        setEdxEax(cpu, number == Msr.TSC ? offsetTimeStamp() : msrs.read(number));
        Operands.advance(cpu, insn);
    }

    void wrmsr(Cpu cpu, Insn insn) {
        SystemInstructionUnit.requireCpl0(cpu);
        int number = (int) cpu.gpr[Cpu.RCX];
        if (isMsrIntercepted(number, 0x800)) {
            exits.take(cpu, ExitReason.WRMSR, 0, insn);
            return;
        }
        long value = (cpu.gpr[Cpu.RDX] << 32) | (cpu.gpr[Cpu.RAX] & 0xffff_ffffL);
        boolean done =
                vmx.virtualApic().virtualizesWrite(number)
                        ? vmx.virtualApic().writeMsr(cpu, number, value)
                        : msrs.write(number, value);
        if (!done) {
            throw cpu.raise(Vector.GP, 0);
        }
        Operands.advance(cpu, insn);
    }

    /**
     * @param half offset of the read or write bitmaps in the MSR-bitmap page
     */
    private boolean isMsrIntercepted(int number, int half) {
        if (!vmx.isNonRoot()) {
            return false;
        }
        if (!vmx.primary(PRIMARY_MSR_BITMAPS)) {
            return true;
        }
        int index = number & 0x1fff;
        int range;
        if (number >>> 13 == 0) {
            range = 0;
        } else if (number >>> 13 == 0xc000_0000 >>> 13) {
            range = 0x400;
        } else {
            return true;
        }
        long bitmap = vmx.vmcs().get(MSR_BITMAPS);
        int flags = memory.read8OrOnes(bitmap + half + range + (index >>> 3));
        return ((flags >>> (index & 7)) & 1) != 0;
    }

    void rdpmc(Cpu cpu, Insn insn) {
        SystemInstructionUnit.requireCpl0(cpu);
        if (exits.takeIf(cpu, vmx.primary(PRIMARY_RDPMC_EXITING), ExitReason.RDPMC, insn)) {
            return;
        }
        throw cpu.raise(Vector.GP, 0);
    }
}
