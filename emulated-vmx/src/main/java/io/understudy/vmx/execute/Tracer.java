package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.decode.Insn;

/** Is told of every instruction before it executes. */
public interface Tracer {
    void before(Cpu cpu, Insn insn);
}
