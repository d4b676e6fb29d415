package io.understudy.vmx.conformance;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.GuestFault;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.memory.PhysicalMemory;

/**
 * The recorder's address space: a readable, writable, executable code page and two data pages for
 * user mode, nothing else. Nothing is cached, so every access arrives here.
 */
final class ReplayMemory implements Cpu.MemoryUnit {
    private static final int WRITE = 2;
    private static final int USER = 4;

    private final PhysicalMemory memory;
    private final long codeFrame;
    private final long dataFrame;

    ReplayMemory(PhysicalMemory memory, long codeFrame, long dataFrame) {
        this.memory = memory;
        this.codeFrame = codeFrame;
        this.dataFrame = dataFrame;
    }

    @Override
    public long load(Cpu cpu, long linear, int bytes) {
        check(cpu, linear, bytes, 0);
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            value |= (long) memory.read8(translate(cpu, linear + i, 0)) << (8 * i);
        }
        return value;
    }

    @Override
    public void store(Cpu cpu, long linear, int bytes, long value) {
        check(cpu, linear, bytes, WRITE);
        for (int i = 0; i < bytes; i++) {
            memory.write8(translate(cpu, linear + i, WRITE), (int) (value >>> (8 * i)));
        }
    }

    @Override
    public void probeWrite(Cpu cpu, long linear, int bytes) {
        check(cpu, linear, bytes, WRITE);
    }

    @Override
    public long fetch(Cpu cpu, long linear) {
        return translate(cpu, linear, 0);
    }

    private void check(Cpu cpu, long linear, int bytes, int access) {
        translate(cpu, linear, access);
        translate(cpu, linear + bytes - 1, access);
    }

    private long translate(Cpu cpu, long linear, int access) {
        if (linear >= ReplayMachine.CODE
                && linear < ReplayMachine.CODE + PhysicalMemory.PAGE_BYTES) {
            return codeFrame + linear - ReplayMachine.CODE;
        }
        if (linear >= ReplayMachine.DATA
                && linear < ReplayMachine.DATA + ReplayMachine.DATA_BYTES) {
            return dataFrame + linear - ReplayMachine.DATA;
        }
        if (linear >> 47 != linear >> 63) {
            throw cpu.raise(Vector.GP, 0);
        }
        GuestFault fault = cpu.raise(Vector.PF, USER | access);
        fault.address = linear;
        throw fault;
    }
}
