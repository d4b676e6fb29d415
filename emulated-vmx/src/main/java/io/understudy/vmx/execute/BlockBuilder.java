package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.CodeMode;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.decode.Decoder;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.Opcode;
import io.understudy.vmx.execute.TerminatorFactory.Fused;
import io.understudy.vmx.memory.PhysicalMemory;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decodes blocks.
 *
 * <p>Decoding ahead never faults: a block ends before an instruction that reaches into the next
 * page, and that instruction becomes a block of its own when it is executed, which is when its
 * second page is fetched.
 */
final class BlockBuilder {
    private static final int INSTRUCTIONS_MAX = 128;
    private static final int PAGE_OFFSET = PhysicalMemory.PAGE_BYTES - 1;

    private final SystemInstructions system;
    private final TerminatorFactory ends;
    private final byte[] window = new byte[INSTRUCTIONS_MAX * Decoder.LENGTH_MAX];
    private final MemorySegment windowSegment = MemorySegment.ofArray(window);

    // The block under construction: its instructions but for a branch at the end.
    private final List<Insn> insns = new ArrayList<>();
    private final List<Op> singles = new ArrayList<>();

    /** Offsets of the instructions, then that of what follows the last. */
    private final int[] offsets = new int[INSTRUCTIONS_MAX + 2];

    BlockBuilder(SystemInstructions system, TerminatorFactory ends) {
        this.system = system;
        this.ends = ends;
    }

    /**
     * Decodes the block at RIP.
     *
     * @param linear linear address of its first byte
     * @param hpa host-physical address of its first byte
     * @param limit bytes from there to the limit of the code segment
     */
    Block build(Cpu cpu, long linear, long hpa, long limit) {
        int mode = cpu.codeMode;
        int codeBits = mode & CodeMode.BITS;
        int pageOffset = (int) hpa & PAGE_OFFSET;
        int inPage = Math.min(window.length, PhysicalMemory.PAGE_BYTES - pageOffset);
        int available = (int) Math.min(inPage, limit);
        cpu.physical.read(hpa, windowSegment, 0, available);
        Insn insn = cpu.decode(window, 0, available, codeBits);
        insns.clear();
        singles.clear();
        if (insn.opcode() != Opcode.INCOMPLETE) {
            return onePage(cpu, hpa, available, mode, insn);
        }
        if (available == limit) {
            throw cpu.raise(Vector.GP, 0);
        }
        long secondHpa = cpu.fetch((linear | PAGE_OFFSET) + 1);
        int more = (int) Math.min(Decoder.LENGTH_MAX, limit) - available;
        cpu.physical.read(secondHpa, windowSegment, available, more);
        insn = cpu.decode(window, 0, available + more, codeBits);
        if (insn.opcode() == Opcode.INCOMPLETE) {
            throw cpu.raise(Vector.GP, 0);
        }
        Op op = operation(insn, 0);
        Terminator end;
        if (op == null) {
            end = alone(insn, pageOffset, mode);
        } else {
            append(insn, op);
            end = ends.goOn(pageOffset, insn.length(), mode);
        }
        return finish(hpa, secondHpa, mode, end, insn.length());
    }

    /** The instruction {@code offset} bytes into {@code block}, from memory. */
    Insn decodeAgain(Cpu cpu, Block block, int offset) {
        long hpa = block.hpa + offset;
        int inPage = PhysicalMemory.PAGE_BYTES - ((int) hpa & PAGE_OFFSET);
        int available = Math.min(Decoder.LENGTH_MAX, inPage);
        cpu.physical.read(hpa, windowSegment, 0, available);
        if (block.crossesPage()) {
            int more = Decoder.LENGTH_MAX - available;
            cpu.physical.read(block.secondHpa, windowSegment, available, more);
            available = Decoder.LENGTH_MAX;
        }
        return cpu.decode(window, 0, available, block.mode & CodeMode.BITS);
    }

    private Block onePage(Cpu cpu, long hpa, int available, int mode, Insn first) {
        int pageOffset = (int) hpa & PAGE_OFFSET;
        Insn insn = first;
        int at = 0;
        while (insns.size() < INSTRUCTIONS_MAX) {
            if (TerminatorFactory.isBranch(insn)) {
                return endWithBranch(hpa, mode, insn, at);
            }
            Op op = operation(insn, at);
            if (op == null && at == 0) {
                return finish(hpa, -1, mode, alone(insn, pageOffset, mode), insn.length());
            }
            if (op == null) {
                // INCOMPLETE is one of these.
                break;
            }
            append(insn, op);
            at += insn.length();
            insn = cpu.decode(window, at, available - at, mode & CodeMode.BITS);
        }
        return finish(hpa, -1, mode, ends.goOn(pageOffset, at, mode), at);
    }

    /** What executes {@code insn} in the middle of a block, or null. */
    private @Nullable Op operation(Insn insn, int at) {
        Op op = OpFactory.of(insn, at);
        return op == null ? FieldOps.of(insn, system) : op;
    }

    private Block endWithBranch(long hpa, int mode, Insn branch, int at) {
        int pageOffset = (int) hpa & PAGE_OFFSET;
        int n = insns.size();
        offsets[n] = at;
        offsets[n + 1] = at + branch.length();
        if (branch.opcode() == Opcode.JCC && n > 0 && TerminatorFactory.isLinked(branch, mode)) {
            Insn second = n > 1 ? insns.get(n - 2) : null;
            Fused fused =
                    TerminatorFactory.fused(
                            second, insns.get(n - 1), offsets[n - 1], branch, pageOffset);
            if (fused != null) {
                return assemble(hpa, -1, mode, fused, n + 1);
            }
        }
        Terminator end = ends.branch(branch, pageOffset, at, mode);
        return assemble(hpa, -1, mode, new Fused(end, 1, true), n + 1);
    }

    private Terminator alone(Insn insn, int pageOffset, int mode) {
        return TerminatorFactory.isBranch(insn)
                ? ends.branch(insn, pageOffset, 0, mode)
                : ends.alone(insn, pageOffset, mode);
    }

    private void append(Insn insn, Op op) {
        int n = insns.size();
        offsets[n] = n == 0 ? 0 : offsets[n - 1] + insns.get(n - 1).length();
        insns.add(insn);
        singles.add(op);
    }

    /** A block whose end is its only instruction, or none. */
    private Block finish(long hpa, long secondHpa, int mode, Terminator end, int length) {
        int n = insns.size();
        if (n == 0) {
            offsets[0] = 0;
            offsets[1] = length;
            return assemble(hpa, secondHpa, mode, new Fused(end, 1, true), 1);
        }
        offsets[n] = length;
        return assemble(hpa, secondHpa, mode, new Fused(end, 0, true), n);
    }

    /**
     * @param end the end, and for how many of the instructions it stands
     * @param instructions of the whole block
     */
    private Block assemble(long hpa, long secondHpa, int mode, Fused end, int instructions) {
        int inBody = instructions - end.instructions();
        boolean[] quiet = FlagLiveness.unseen(insns, inBody, end.seesFlags());
        List<Op> body = new ArrayList<>();
        int[] starts = new int[inBody + 1];
        int i = 0;
        while (i < inBody) {
            starts[body.size()] = i;
            Op op = null;
            int taken = 2;
            if (i + 1 < inBody) {
                op = Fusion.pair(insns.get(i), insns.get(i + 1), quiet[i + 1]);
            }
            if (op == null) {
                taken = 1;
                op = quiet[i] ? Fusion.quiet(insns.get(i)) : null;
            }
            body.add(op == null ? singles.get(i) : op);
            i += taken;
        }
        starts[body.size()] = inBody;
        return Blocks.of(
                new Block.Parts(
                        hpa,
                        secondHpa,
                        mode,
                        body.toArray(Op[]::new),
                        end.end(),
                        singles.toArray(Op[]::new),
                        Arrays.copyOf(starts, body.size() + 1),
                        Arrays.copyOf(offsets, instructions + 1)));
    }
}
