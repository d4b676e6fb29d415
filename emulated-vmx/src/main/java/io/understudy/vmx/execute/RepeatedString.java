package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.Opcode;
import io.understudy.vmx.memory.RawMemory;
import org.jspecify.annotations.Nullable;

/**
 * A repeated string instruction: a block of its own that works in bulk on the elements inside one
 * page of source and destination, and element by element elsewhere.
 *
 * <p>Every completed iteration counts as one instruction and is subtracted from {@link Cpu#budget}
 * at once, together with its registers: a fault later on is precise. If the budget ends first, or
 * an iteration overwrites the instruction, RIP stays, and what is there goes on at the next run.
 * The executor subtracts one for the block, so one is added back on completion; a count of zero
 * thus costs one.
 */
final class RepeatedString extends Terminator {
    private final StringElement element;
    private final int bytes;
    private final boolean compares;
    private final boolean whileEqual;
    private final Link next;

    RepeatedString(Insn insn, Link next) {
        super(next, null);
        this.element = new StringElement(insn);
        this.bytes = element.bytes;
        this.compares = insn.opcode() == Opcode.CMPS || insn.opcode() == Opcode.SCAS;
        this.whileEqual = !insn.repeatNotEqual();
        this.next = next;
    }

    @Override
    @Nullable Block execute(Cpu cpu) {
        int countBytes = element.addressBytes;
        long count = Registers.read(cpu, Cpu.RCX, countBytes);
        if (count == 0) {
            return follow(cpu, next);
        }
        boolean done;
        do {
            long limit =
                    Long.compareUnsigned(count, cpu.budget) < 0 ? count : Math.max(cpu.budget, 1);
            long iterations = chunk(cpu, limit);
            count -= iterations;
            Registers.write(cpu, Cpu.RCX, count, countBytes);
            cpu.budget -= iterations;
            done = count == 0 || (compares && Flags.zero(cpu) != whileEqual);
        } while (!done && cpu.budget > 0 && !isStale());
        cpu.budget++;
        return done ? follow(cpu, next) : null;
    }

    /** Does at least one and at most {@code limit} iterations, and moves RSI and RDI over them. */
    private long chunk(Cpu cpu, long limit) {
        if (element.isChecked(cpu)) {
            // Every element has its own limit check.
            element.execute(cpu);
            return 1;
        }
        long step = element.step(cpu);
        long elements = limit;
        if (element.usesSource()) {
            elements = Math.min(elements, elementsInPage(element.source(cpu), step));
        }
        if (element.usesDestination()) {
            elements = Math.min(elements, elementsInPage(element.destination(cpu), step));
        }
        if (elements > 1) {
            long done = bulk(cpu, elements, step);
            if (done > 0) {
                return done;
            }
        }
        element.execute(cpu);
        return 1;
    }

    /** Elements from {@code linear} on that lie in its page wholly; 0 if the first does not. */
    private long elementsInPage(long linear, long step) {
        long offset = linear & 0xfff;
        if (step > 0) {
            return (0x1000 - offset) / bytes;
        }
        return offset + bytes > 0x1000 ? 0 : offset / bytes + 1;
    }

    /** Works on host memory directly; returns 0 if some page is no plain memory. */
    private long bulk(Cpu cpu, long elements, long step) {
        long from = 0;
        long to = 0;
        if (element.usesSource()) {
            from = cpu.hostForRead(element.source(cpu));
            if (from == 0) {
                return 0;
            }
        }
        if (element.usesDestination()) {
            long linear = element.destination(cpu);
            to = compares ? cpu.hostForRead(linear) : cpu.hostForWrite(linear, bytes);
            if (to == 0) {
                return 0;
            }
        }
        long done =
                switch (element.opcode) {
                    case MOVS -> copy(from, to, elements, step);
                    case STOS -> fill(cpu, to, elements, step);
                    case LODS -> loadLast(cpu, from, elements, step);
                    case CMPS -> compare(cpu, from, to, elements, step);
                    default -> scan(cpu, to, elements, step);
                };
        if (element.usesSource()) {
            element.advance(cpu, Cpu.RSI, done);
        }
        if (element.usesDestination()) {
            element.advance(cpu, Cpu.RDI, done);
        }
        return done;
    }

    private long copy(long from, long to, long elements, long step) {
        long length = elements * bytes;
        if (step > 0 && (to <= from || to >= from + length)) {
            RawMemory.copy(from, to, length);
            return elements;
        }
        // An overlapping copy repeats what it has just written.
        for (long i = 0; i < elements; i++) {
            long at = i * step;
            MemoryAccess.storeHost(to + at, bytes, MemoryAccess.loadHost(from + at, bytes));
        }
        return elements;
    }

    private long fill(Cpu cpu, long to, long elements, long step) {
        long value = OperandSize.zeroExtend(cpu.gpr[Cpu.RAX], bytes);
        int low = (int) value & 0xff;
        long repeated = OperandSize.zeroExtend(low * 0x0101_0101_0101_0101L, bytes);
        if (step > 0 && value == repeated) {
            RawMemory.fill(to, elements * bytes, low);
            return elements;
        }
        for (long i = 0; i < elements; i++) {
            MemoryAccess.storeHost(to + i * step, bytes, value);
        }
        return elements;
    }

    private long loadLast(Cpu cpu, long from, long elements, long step) {
        long value = MemoryAccess.loadHost(from + (elements - 1) * step, bytes);
        Registers.write(cpu, Cpu.RAX, value, bytes);
        return elements;
    }

    private long compare(Cpu cpu, long first, long second, long elements, long step) {
        long a = 0;
        long b = 0;
        long i = 0;
        do {
            a = MemoryAccess.loadHost(first + i * step, bytes);
            b = MemoryAccess.loadHost(second + i * step, bytes);
            i++;
        } while (i < elements && (a == b) == whileEqual);
        Arithmetic.sub(cpu, a, b, bytes);
        return i;
    }

    private long scan(Cpu cpu, long at, long elements, long step) {
        long a = OperandSize.zeroExtend(cpu.gpr[Cpu.RAX], bytes);
        long b = 0;
        long i = 0;
        do {
            b = MemoryAccess.loadHost(at + i * step, bytes);
            i++;
        } while (i < elements && (a == b) == whileEqual);
        Arithmetic.sub(cpu, a, b, bytes);
        return i;
    }
}
