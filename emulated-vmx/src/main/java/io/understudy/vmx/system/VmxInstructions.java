package io.understudy.vmx.system;

import io.understudy.vmx.ExitReason;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.operation.VmExits;
import io.understudy.vmx.operation.VmxOperation;

/**
 * VMX instructions in guest code: unconditional exits in non-root operation, whatever the CPL. The
 * only host in root operation is a Java one, so elsewhere they are #UD.
 */
final class VmxInstructions {
    private final VmxOperation vmx;
    private final VmExits exits;

    VmxInstructions(VmxOperation vmx, VmExits exits) {
        this.vmx = vmx;
        this.exits = exits;
    }

    void execute(Cpu cpu, Insn insn) {
        if (!vmx.isNonRoot()) {
            throw cpu.raise(Vector.UD);
        }
        throw exits.instruction(
                reason(cpu, insn),
                Operands.exitDisplacement(cpu, insn),
                insn.length(),
                information(insn));
    }

    private static ExitReason reason(Cpu cpu, Insn insn) {
        return switch (insn.opcode()) {
            case VMCALL -> ExitReason.VMCALL;
            case VMCLEAR -> ExitReason.VMCLEAR;
            case VMLAUNCH -> ExitReason.VMLAUNCH;
            case VMPTRLD -> ExitReason.VMPTRLD;
            case VMPTRST -> ExitReason.VMPTRST;
            case VMREAD -> ExitReason.VMREAD;
            case VMRESUME -> ExitReason.VMRESUME;
            case VMWRITE -> ExitReason.VMWRITE;
            case VMXOFF -> ExitReason.VMXOFF;
            case VMXON -> ExitReason.VMXON;
            case INVEPT -> ExitReason.INVEPT;
            case INVVPID -> ExitReason.INVVPID;
            default -> throw cpu.raise(Vector.UD);
        };
    }

    private static int information(Insn insn) {
        return switch (insn.opcode()) {
            case VMREAD ->
                    InstructionInformation.memoryOrRegister(insn)
                            | InstructionInformation.secondRegister(insn.register1());
            case VMWRITE ->
                    InstructionInformation.sourceOperand(insn)
                            | InstructionInformation.secondRegister(insn.register0());
            case INVEPT, INVVPID ->
                    InstructionInformation.memory(insn)
                            | InstructionInformation.secondRegister(insn.register0());
            default -> InstructionInformation.memory(insn);
        };
    }
}
