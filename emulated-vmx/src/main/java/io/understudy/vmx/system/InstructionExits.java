package io.understudy.vmx.system;

import io.understudy.vmx.ExitReason;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.VmExitSignal;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.event.Boundary;
import io.understudy.vmx.operation.VmExits;
import io.understudy.vmx.operation.VmxOperation;

/**
 * VM exits that a system instruction is (SDM volume 3, "Instructions That Cause VM Exits"). Whoever
 * takes one returns at once: what runs next is the host.
 */
final class InstructionExits {
    private final VmxOperation vmx;
    private final VmExits exits;
    private final Boundary boundary;

    InstructionExits(VmxOperation vmx, VmExits exits, Boundary boundary) {
        this.vmx = vmx;
        this.exits = exits;
        this.boundary = boundary;
    }

    /**
     * Takes an exit without qualification in non-root operation, if a control asks for it.
     *
     * @return whether the instruction exited
     */
    boolean takeIf(Cpu cpu, boolean control, ExitReason reason, Insn insn) {
        boolean exit = control && vmx.isNonRoot();
        if (exit) {
            take(cpu, reason, 0, insn);
        }
        return exit;
    }

    void take(Cpu cpu, ExitReason reason, long qualification, Insn insn) {
        boundary.leave(cpu, exits.instruction(reason, qualification, insn.length()));
    }

    /** As the other, with the VM-exit instruction information. */
    void take(Cpu cpu, ExitReason reason, long qualification, Insn insn, int information) {
        boundary.leave(cpu, signal(reason, qualification, insn, information));
    }

    /** The exit, for an instruction in the middle of a block, to be thrown. */
    VmExitSignal signal(ExitReason reason, long qualification, Insn insn, int information) {
        return exits.instruction(reason, qualification, insn.length(), information);
    }

    /** The guest-linear address of the exit that comes next. */
    void setLinearAddress(long linear) {
        exits.setLinearAddress(linear);
    }
}
