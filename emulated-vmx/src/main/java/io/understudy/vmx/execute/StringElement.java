package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.Segmentation;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.Opcode;

/**
 * One iteration of MOVS, CMPS, STOS, LODS or SCAS (SDM volume 1, "String Operations"), which is
 * also what a repeated form does where it cannot work in bulk.
 *
 * <p>RSI and RDI move only after every access of the iteration succeeded.
 */
final class StringElement extends Op {
    final Opcode opcode;
    final int bytes;
    final int addressBytes;
    private final int segment;

    StringElement(Insn insn) {
        opcode = insn.opcode();
        bytes = insn.operandBytes();
        addressBytes = insn.addressBytes();
        segment = insn.segment();
    }

    @Override
    void execute(Cpu cpu) {
        mark(cpu);
        switch (opcode) {
            case MOVS -> {
                long value = MemoryAccess.load(cpu, source(cpu), bytes);
                MemoryAccess.store(cpu, destination(cpu), bytes, value);
                advance(cpu, Cpu.RSI, 1);
                advance(cpu, Cpu.RDI, 1);
            }
            case STOS -> {
                MemoryAccess.store(cpu, destination(cpu), bytes, cpu.gpr[Cpu.RAX]);
                advance(cpu, Cpu.RDI, 1);
            }
            case LODS -> {
                long value = MemoryAccess.load(cpu, source(cpu), bytes);
                Registers.write(cpu, Cpu.RAX, value, bytes);
                advance(cpu, Cpu.RSI, 1);
            }
            case CMPS -> {
                long a = MemoryAccess.load(cpu, source(cpu), bytes);
                long b = MemoryAccess.load(cpu, destination(cpu), bytes);
                Arithmetic.sub(cpu, a, b, bytes);
                advance(cpu, Cpu.RSI, 1);
                advance(cpu, Cpu.RDI, 1);
            }
            case SCAS -> {
                long b = MemoryAccess.load(cpu, destination(cpu), bytes);
                Arithmetic.sub(cpu, cpu.gpr[Cpu.RAX], b, bytes);
                advance(cpu, Cpu.RDI, 1);
            }
            default -> throw new IllegalStateException("no string instruction: " + opcode);
        }
    }

    /** Linear address of the source element. */
    long source(Cpu cpu) {
        long offset = Registers.read(cpu, Cpu.RSI, addressBytes);
        return Segmentation.linear(cpu, segment, offset, bytes, false);
    }

    /** Linear address of the destination element, which is always in ES. */
    long destination(Cpu cpu) {
        long offset = Registers.read(cpu, Cpu.RDI, addressBytes);
        return Segmentation.linear(cpu, Insn.ES, offset, bytes, writesDestination());
    }

    /** Whether each element is checked against the limit of a segment. */
    boolean isChecked(Cpu cpu) {
        boolean flat = segment == Insn.DS || segment == Insn.ES || segment == Insn.SS;
        return cpu.segmented || (cpu.legacy && !flat);
    }

    boolean usesSource() {
        return opcode != Opcode.STOS && opcode != Opcode.SCAS;
    }

    private boolean writesDestination() {
        return opcode == Opcode.MOVS || opcode == Opcode.STOS;
    }

    boolean usesDestination() {
        return opcode != Opcode.LODS;
    }

    /** Moves RSI or RDI over {@code elements} in the direction of DF. */
    void advance(Cpu cpu, int register, long elements) {
        long distance = elements * step(cpu);
        Registers.write(cpu, register, cpu.gpr[register] + distance, addressBytes);
    }

    /** Bytes from one element to the next: negative if DF is set. */
    long step(Cpu cpu) {
        return (cpu.systemFlags & Flags.DF) == 0 ? bytes : -bytes;
    }
}
