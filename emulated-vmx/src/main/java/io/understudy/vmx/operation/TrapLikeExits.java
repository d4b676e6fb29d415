package io.understudy.vmx.operation;

import io.understudy.vmx.ExitReason;
import io.understudy.vmx.cpu.Cpu;

/** Where VM exits go that are taken once the instruction that caused them has completed. */
public interface TrapLikeExits {
    void exitAfterInstruction(Cpu cpu, ExitReason reason, long qualification);
}
