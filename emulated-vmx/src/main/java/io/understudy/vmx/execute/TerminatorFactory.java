package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.decode.Insn;
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
     */
    Terminator branch(Insn insn, int pageOffset, int offset) {
        int endOffset = offset + insn.length();
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

    /** A comparison and the Jcc behind it in one, or null if there is none for the pair. */
    @Nullable Terminator fused(Insn compare, Insn branch, int pageOffset, int endOffset) {
        if (compare.kind0() != OperandKind.GPR
                || (compare.kind1() != OperandKind.GPR
                        && compare.kind1() != OperandKind.IMMEDIATE)) {
            return null;
        }
        Comparison c =
                new Comparison(
                        compare.register0(),
                        SpecialisedOps.sourceRegister(compare),
                        SpecialisedOps.sourceImmediate(compare),
                        compare.operandBytes());
        Link taken = target(branch, pageOffset, endOffset);
        Link fallThrough = link(pageOffset, endOffset);
        int condition = branch.condition();
        return switch (compare.opcode()) {
            case CMP ->
                    CompareBranches.supports(condition)
                            ? CompareBranches.of(condition, c, taken, fallThrough)
                            : null;
            case TEST ->
                    TestBranches.supports(condition)
                            ? TestBranches.of(condition, c, taken, fallThrough)
                            : null;
            default -> null;
        };
    }

    /** An instruction that is neither a branch nor an {@link Op}: a block of its own. */
    Terminator alone(Insn insn, int pageOffset) {
        return switch (insn.opcode()) {
            case INVALID, UD0, UD1, UD2 -> new SystemOps.Raise(Vector.UD, false);
            case TOO_LONG -> new SystemOps.Raise(Vector.GP, true);
            case POPF -> new SystemOps.PopFlags(system, insn, link(pageOffset, insn.length()));
            case MOVS, CMPS, STOS, LODS, SCAS ->
                    new RepeatedString(insn, link(pageOffset, insn.length()));
            default -> new SystemOps.Delegate(system, insn);
        };
    }

    /** The end of a block that merely stops before the instruction at {@code endOffset}. */
    Terminator goOn(int pageOffset, int endOffset) {
        return new Branches.Direct(link(pageOffset, endOffset));
    }

    private static Link target(Insn insn, int pageOffset, int endOffset) {
        return link(pageOffset, endOffset + insn.immediate());
    }

    private static Link link(int pageOffset, long delta) {
        long at = pageOffset + delta;
        return new Link(delta, at >= 0 && at < PhysicalMemory.PAGE_BYTES);
    }
}
