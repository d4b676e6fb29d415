package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;

/** One specialised operation of a decoded block. An abstract class: the call is a vtable call. */
abstract class Op {
    /**
     * Executes on {@code cpu}. Inside a block {@link Cpu#rip} stays the RIP of the block's first
     * instruction; operations that need their own address carry the offset from it.
     */
    abstract void execute(Cpu cpu);
}
