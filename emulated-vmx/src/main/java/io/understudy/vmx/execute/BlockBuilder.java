package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.decode.Decoder;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.Opcode;
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
    private static final int INSTRUCTIONS_MAX = 64;
    private static final int PAGE_OFFSET = PhysicalMemory.PAGE_BYTES - 1;

    private final TerminatorFactory ends;
    private final byte[] window = new byte[INSTRUCTIONS_MAX * Decoder.LENGTH_MAX];
    private final MemorySegment windowSegment = MemorySegment.ofArray(window);

    // The block under construction.
    private final List<Op> body = new ArrayList<>();
    private int[] offsets = new int[INSTRUCTIONS_MAX + 1];
    private int count;

    BlockBuilder(TerminatorFactory ends) {
        this.ends = ends;
    }

    /**
     * Decodes the block at RIP.
     *
     * @param hpa host-physical address of its first byte
     * @param codeBits 16, 32 or 64
     */
    Block build(Cpu cpu, long hpa, int codeBits) {
        int pageOffset = (int) hpa & PAGE_OFFSET;
        int available = Math.min(window.length, PhysicalMemory.PAGE_BYTES - pageOffset);
        cpu.physical.read(hpa, windowSegment, 0, available);
        Insn first = Decoder.decode(window, 0, available, codeBits);
        long secondHpa = -1;
        if (first.opcode() == Opcode.INCOMPLETE) {
            long nextPage = (cpu.rip | PAGE_OFFSET) + 1;
            secondHpa = cpu.fetch(nextPage);
            int more = Decoder.LENGTH_MAX - available;
            cpu.physical.read(secondHpa, windowSegment, available, more);
            first = Decoder.decode(window, 0, available + more, codeBits);
        }
        body.clear();
        count = 0;
        offsets[0] = 0;
        Terminator end = first(first, pageOffset, secondHpa >= 0);
        if (end != null) {
            return finish(hpa, secondHpa, codeBits, end, null);
        }
        return rest(hpa, available, codeBits, first);
    }

    /** Takes the first instruction; returns the end if it is the only one. */
    private @Nullable Terminator first(Insn insn, int pageOffset, boolean crosses) {
        Op op = OpFactory.of(insn, 0);
        if (op == null) {
            Terminator end =
                    TerminatorFactory.isBranch(insn)
                            ? ends.branch(insn, pageOffset, 0)
                            : ends.alone(insn, pageOffset);
            advance(insn);
            return end;
        }
        body.add(op);
        advance(insn);
        return crosses ? ends.goOn(pageOffset, insn.length()) : null;
    }

    private Block rest(long hpa, int available, int codeBits, Insn first) {
        int pageOffset = (int) hpa & PAGE_OFFSET;
        Insn previous = first;
        while (count < INSTRUCTIONS_MAX) {
            int at = offsets[count];
            Insn insn = Decoder.decode(window, at, available - at, codeBits);
            if (TerminatorFactory.isBranch(insn)) {
                advance(insn);
                Terminator fused =
                        insn.opcode() == Opcode.JCC
                                ? ends.fused(previous, insn, pageOffset, offsets[count])
                                : null;
                if (fused != null) {
                    return finish(hpa, -1, codeBits, fused, body.removeLast());
                }
                return finish(hpa, -1, codeBits, ends.branch(insn, pageOffset, at), null);
            }
            // INCOMPLETE has no operation either.
            Op op = OpFactory.of(insn, at);
            if (op == null) {
                break;
            }
            body.add(op);
            advance(insn);
            previous = insn;
        }
        return finish(hpa, -1, codeBits, ends.goOn(pageOffset, offsets[count]), null);
    }

    private void advance(Insn insn) {
        offsets[count + 1] = offsets[count] + insn.length();
        count++;
    }

    private Block finish(
            long hpa, long secondHpa, int codeBits, Terminator end, @Nullable Op unfused) {
        return Blocks.of(
                new Block.Parts(
                        hpa,
                        secondHpa,
                        codeBits,
                        body.toArray(Op[]::new),
                        end,
                        unfused,
                        Arrays.copyOf(offsets, count + 1)));
    }
}
