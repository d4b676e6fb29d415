package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.decode.Insn;

/**
 * Instructions that touch more than registers, flags and memory: privileged state, segments, ports,
 * VMX.
 *
 * <p>Each forms a block of its own, so on entry {@link Cpu#rip} is the RIP of the instruction and
 * the retired count is exact. The implementation advances RIP.
 */
public interface SystemInstructions {
    void execute(Cpu cpu, Insn insn);
}
