package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.CodeMode;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.Opcode;
import io.understudy.vmx.decode.OperandKind;
import io.understudy.vmx.execute.CompareBranches.Comparison;
import io.understudy.vmx.memory.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/** Chooses the end of a block. */
final class TerminatorFactory {
    private final SystemInstructions system;
    private final JumpCache jumpCache;

    TerminatorFactory(SystemInstructions system, JumpCache jumpCache) {
        this.system = system;
        this.jumpCache = jumpCache;
    }

    /** Whether {@code insn} changes RIP in a way that is done here, and so ends a block. */
    static boolean isBranch(Insn insn) {
        return switch (insn.opcode()) {
            case JMP, JCC, CALL, RET, LOOP, LOOPE, LOOPNE, JRCXZ -> true;
            default -> false;
        };
    }

    /**
     * A branch.
     *
     * @param pageOffset offset of the block in its page
     * @param offset offset of the branch in the block
     * @param mode of {@link CodeMode}
     */
    Terminator branch(Insn insn, int pageOffset, int offset, int mode) {
        int endOffset = offset + insn.length();
        if (!isLinked(insn, mode)) {
            return LegacyBranches.of(insn, endOffset, jumpCache);
        }
        return switch (insn.opcode()) {
            case JCC ->
                    ConditionalBranches.of(
                            insn.condition(),
                            target(insn, pageOffset, endOffset),
                            link(pageOffset, endOffset));
            case LOOP, LOOPE, LOOPNE, JRCXZ ->
                    new Branches.CountBranch(
                            insn, target(insn, pageOffset, endOffset), link(pageOffset, endOffset));
            case RET ->
                    new Branches.Return(
                            insn.kind0() == OperandKind.IMMEDIATE
                                    ? (int) insn.immediate() & 0xffff
                                    : 0,
                            jumpCache);
            case CALL ->
                    insn.kind0() == OperandKind.RELATIVE
                            ? new Branches.CallDirect(
                                    target(insn, pageOffset, endOffset), endOffset)
                            : new Branches.CallIndirect(
                                    Operand.of(insn, 0, 8, endOffset), endOffset, jumpCache);
            default ->
                    insn.kind0() == OperandKind.RELATIVE
                            ? new Branches.Direct(target(insn, pageOffset, endOffset))
                            : new Branches.JumpIndirect(
                                    Operand.of(insn, 0, 8, endOffset), jumpCache);
        };
    }

    /**
     * Whether a branch goes by links: in 64-bit mode always; in flat 32-bit code if it keeps all of
     * EIP and needs no stack.
     */
    static boolean isLinked(Insn branch, int mode) {
        if (mode == 64) {
            return true;
        }
        return mode == 32
                && branch.kind0() == OperandKind.RELATIVE
                && branch.operandBytes() == 4
                && branch.opcode() != Opcode.CALL;
    }

    /**
     * An end that stands for several instructions.
     *
     * @param seesFlags whether the flags before it can be seen by it or after it
     */
    record Fused(Terminator end, int instructions, boolean seesFlags) {}

    /**
     * A Jcc and the one or two instructions before it in one, or null if there is no such form.
     *
     * @param before the instruction before the Jcc
     * @param beforeOffset its offset in the block
     * @param second the one before that, or null
     */
    static @Nullable Fused fused(
            @Nullable Insn second, Insn before, int beforeOffset, Insn branch, int pageOffset) {
        int beforeEnd = beforeOffset + before.length();
        int endOffset = beforeEnd + branch.length();
        Link taken = target(branch, pageOffset, endOffset);
        Link fallThrough = link(pageOffset, endOffset);
        int condition = branch.condition();
        if (before.kind0() == OperandKind.GPR
                && SpecialisedOps.isRegisterOrImmediate(before.kind1())) {
            Comparison c = Comparison.of(before);
            if (before.opcode() == Opcode.CMP && CompareBranches.supports(condition)) {
                Comparison stepped = second == null ? null : c.after(second);
                return stepped == null
                        ? new Fused(CompareBranches.of(condition, c, taken, fallThrough), 2, false)
                        : new Fused(
                                CompareBranches.of(condition, stepped, taken, fallThrough),
                                3,
                                false);
            }
            if (before.opcode() == Opcode.TEST && TestBranches.supports(condition)) {
                return new Fused(TestBranches.of(condition, c, taken, fallThrough), 2, false);
            }
        }
        Terminator end = OperationBranches.of(before, beforeEnd, condition, taken, fallThrough);
        return end == null ? null : new Fused(end, 2, true);
    }

    /**
     * An instruction that is neither a branch nor an {@link Op}: a block of its own.
     *
     * @param mode of {@link CodeMode}
     */
    Terminator alone(Insn insn, int pageOffset, int mode) {
        return switch (insn.opcode()) {
            case INVALID, UD0, UD1, UD2 -> new SystemOps.Raise(Vector.UD, false);
            case TOO_LONG -> new SystemOps.Raise(Vector.GP, true);
            case POPF ->
                    new SystemOps.PopFlags(
                            system.of(insn.opcode()), insn, link(pageOffset, insn.length()));
            case MOVS, CMPS, STOS, LODS, SCAS ->
                    new RepeatedString(insn, link(pageOffset, insn.length()));
            default ->
                    new SystemOps.Delegate(
                            system.of(insn.opcode()), insn, linkBehind(insn, pageOffset, mode));
        };
    }

    /** The end of a block that merely stops before the instruction at {@code endOffset}. */
    Terminator goOn(int pageOffset, int endOffset, int mode) {
        return (mode & CodeMode.SEGMENTED) != 0
                ? new LegacyBranches.GoOn(endOffset, jumpCache)
                : new Branches.Direct(link(pageOffset, endOffset));
    }

    /** A link to what follows; none where only a look-up checks the limit of the segment. */
    private static @Nullable Link linkBehind(Insn insn, int pageOffset, int mode) {
        return (mode & CodeMode.SEGMENTED) != 0 ? null : link(pageOffset, insn.length());
    }

    private static Link target(Insn insn, int pageOffset, int endOffset) {
        return link(pageOffset, endOffset + insn.immediate());
    }

    private static Link link(int pageOffset, long delta) {
        long at = pageOffset + delta;
        return new Link(delta, at >= 0 && at < PhysicalMemory.PAGE_BYTES);
    }
}
