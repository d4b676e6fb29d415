package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;

/**
 * One instruction of a decoded block that runs on into the next. An abstract class: the call is a
 * vtable call.
 */
abstract class Op {
    /**
     * Executes on {@code cpu}, and returns only if the instruction completed. Inside a block {@link
     * Cpu#rip} and register {@code Insn.RIP_BASE} hold the RIP of the block's first instruction;
     * operations that need their own address carry the offset from it.
     */
    abstract void execute(Cpu cpu);
}
