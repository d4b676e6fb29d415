package io.understudy.vmx.execute;

import static java.util.Map.entry;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.Opcode;
import io.understudy.vmx.decode.OperandKind;
import io.understudy.vmx.execute.X87Ops.Action;
import io.understudy.vmx.execute.X87Ops.Format;
import io.understudy.vmx.x87.X87Constant;
import io.understudy.vmx.x87.X87Unit;
import io.understudy.vmx.x87.X87Unit.Arithmetic;
import io.understudy.vmx.x87.X87Unit.Binary;
import io.understudy.vmx.x87.X87Unit.Trigonometric;
import io.understudy.vmx.x87.X87Unit.Unary;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Chooses the operation for an x87 instruction. */
final class X87OpFactory {
    /** Instructions without an operand. */
    private static final Map<Opcode, Action> PLAIN =
            Map.ofEntries(
                    entry(Opcode.FNOP, (cpu, x87) -> {}),
                    entry(Opcode.FCHS, (cpu, x87) -> x87.changeSign(false)),
                    entry(Opcode.FABS, (cpu, x87) -> x87.changeSign(true)),
                    entry(Opcode.FTST, (cpu, x87) -> x87.compareWithZero()),
                    entry(Opcode.FXAM, (cpu, x87) -> x87.examine()),
                    entry(Opcode.FLD1, (cpu, x87) -> x87.loadConstant(X87Constant.ONE)),
                    entry(Opcode.FLDL2T, (cpu, x87) -> x87.loadConstant(X87Constant.LOG2_OF_TEN)),
                    entry(Opcode.FLDL2E, (cpu, x87) -> x87.loadConstant(X87Constant.LOG2_OF_E)),
                    entry(Opcode.FLDPI, (cpu, x87) -> x87.loadConstant(X87Constant.PI)),
                    entry(Opcode.FLDLG2, (cpu, x87) -> x87.loadConstant(X87Constant.LOG10_OF_TWO)),
                    entry(Opcode.FLDLN2, (cpu, x87) -> x87.loadConstant(X87Constant.LN_OF_TWO)),
                    entry(Opcode.FLDZ, (cpu, x87) -> x87.loadConstant(X87Constant.ZERO)),
                    entry(Opcode.F2XM1, (cpu, x87) -> x87.unary(Unary.POWER_OF_TWO_MINUS_ONE)),
                    entry(Opcode.FSQRT, (cpu, x87) -> x87.unary(Unary.SQUARE_ROOT)),
                    entry(Opcode.FRNDINT, (cpu, x87) -> x87.unary(Unary.ROUND)),
                    entry(Opcode.FYL2X, (cpu, x87) -> x87.binary(Binary.LOGARITHM)),
                    entry(Opcode.FYL2XP1, (cpu, x87) -> x87.binary(Binary.LOGARITHM_PLUS_ONE)),
                    entry(Opcode.FPATAN, (cpu, x87) -> x87.binary(Binary.ARCTANGENT)),
                    entry(Opcode.FPTAN, (cpu, x87) -> x87.trigonometric(Trigonometric.TANGENT)),
                    entry(Opcode.FSIN, (cpu, x87) -> x87.trigonometric(Trigonometric.SINE)),
                    entry(Opcode.FCOS, (cpu, x87) -> x87.trigonometric(Trigonometric.COSINE)),
                    entry(
                            Opcode.FSINCOS,
                            (cpu, x87) -> x87.trigonometric(Trigonometric.SINE_AND_COSINE)),
                    entry(Opcode.FXTRACT, (cpu, x87) -> x87.extract()),
                    entry(Opcode.FPREM, (cpu, x87) -> x87.partialRemainder(false)),
                    entry(Opcode.FPREM1, (cpu, x87) -> x87.partialRemainder(true)),
                    entry(Opcode.FSCALE, (cpu, x87) -> x87.scale()),
                    entry(Opcode.FINCSTP, (cpu, x87) -> x87.rotate(1)),
                    entry(Opcode.FDECSTP, (cpu, x87) -> x87.rotate(-1)),
                    entry(Opcode.FCOMPP, (cpu, x87) -> x87.compare(1, true, 2)),
                    entry(Opcode.FUCOMPP, (cpu, x87) -> x87.compare(1, false, 2)));

    private static final Map<Opcode, Arithmetic> ARITHMETIC =
            Map.ofEntries(
                    entry(Opcode.FADD, Arithmetic.ADD),
                    entry(Opcode.FIADD, Arithmetic.ADD),
                    entry(Opcode.FADDP, Arithmetic.ADD),
                    entry(Opcode.FMUL, Arithmetic.MULTIPLY),
                    entry(Opcode.FIMUL, Arithmetic.MULTIPLY),
                    entry(Opcode.FMULP, Arithmetic.MULTIPLY),
                    entry(Opcode.FSUB, Arithmetic.SUBTRACT),
                    entry(Opcode.FISUB, Arithmetic.SUBTRACT),
                    entry(Opcode.FSUBP, Arithmetic.SUBTRACT),
                    entry(Opcode.FSUBR, Arithmetic.SUBTRACT_REVERSED),
                    entry(Opcode.FISUBR, Arithmetic.SUBTRACT_REVERSED),
                    entry(Opcode.FSUBRP, Arithmetic.SUBTRACT_REVERSED),
                    entry(Opcode.FDIV, Arithmetic.DIVIDE),
                    entry(Opcode.FIDIV, Arithmetic.DIVIDE),
                    entry(Opcode.FDIVP, Arithmetic.DIVIDE),
                    entry(Opcode.FDIVR, Arithmetic.DIVIDE_REVERSED),
                    entry(Opcode.FIDIVR, Arithmetic.DIVIDE_REVERSED),
                    entry(Opcode.FDIVRP, Arithmetic.DIVIDE_REVERSED));

    private X87OpFactory() {}

    /**
     * @return null if {@code insn} is none of these
     */
    static @Nullable Op of(Insn insn, int endOffset) {
        int offset = endOffset - insn.length();
        Action plain = PLAIN.get(insn.opcode());
        if (plain != null) {
            return new X87Ops.OnRegisters(plain, offset);
        }
        Arithmetic arithmetic = ARITHMETIC.get(insn.opcode());
        if (arithmetic != null) {
            return arithmetic(insn, endOffset, arithmetic);
        }
        Op op = insn.hasMemoryOperand() ? memory(insn, endOffset) : registers(insn, offset);
        return op != null ? op : control(insn, endOffset);
    }

    private static Op arithmetic(Insn insn, int endOffset, Arithmetic function) {
        int offset = endOffset - insn.length();
        if (insn.hasMemoryOperand()) {
            return withMemory(insn, endOffset, (cpu, x87) -> x87.arithmeticWithMemory(function));
        }
        boolean pops =
                switch (insn.opcode()) {
                    case FADDP, FMULP, FSUBP, FSUBRP, FDIVP, FDIVRP -> true;
                    default -> false;
                };
        int destination = insn.register0();
        int source = insn.register1();
        return new X87Ops.OnRegisters(
                (cpu, x87) -> x87.arithmetic(function, destination, source, pops), offset);
    }

    private static Op withMemory(Insn insn, int endOffset, Action action) {
        return new X87Ops.WithMemory(
                action, format(insn), new Address(insn, endOffset), endOffset - insn.length());
    }

    private static Format format(Insn insn) {
        boolean integer =
                switch (insn.opcode()) {
                    case FIADD, FIMUL, FICOM, FICOMP, FISUB, FISUBR, FIDIV, FIDIVR -> true;
                    case FILD, FIST, FISTP, FISTTP -> true;
                    default -> false;
                };
        return switch (insn.operandBytes()) {
            case 2 -> Format.INTEGER_16;
            case 4 -> integer ? Format.INTEGER_32 : Format.REAL_32;
            case 8 -> integer ? Format.INTEGER_64 : Format.REAL_64;
            default ->
                    (insn.opcode() == Opcode.FBLD || insn.opcode() == Opcode.FBSTP)
                            ? Format.DECIMAL
                            : Format.REAL_80;
        };
    }

    private static @Nullable Op memory(Insn insn, int endOffset) {
        return switch (insn.opcode()) {
            case FLD, FILD, FBLD -> withMemory(insn, endOffset, (cpu, x87) -> x87.load());
            case FCOM, FICOM -> withMemory(insn, endOffset, (cpu, x87) -> x87.compareWithMemory(0));
            case FCOMP, FICOMP ->
                    withMemory(insn, endOffset, (cpu, x87) -> x87.compareWithMemory(1));
            case FST, FIST -> store(insn, endOffset, false, false);
            case FSTP, FISTP, FBSTP -> store(insn, endOffset, false, true);
            case FISTTP -> store(insn, endOffset, true, true);
            case FLDCW -> new X87Ops.LoadControl(new Address(insn, endOffset));
            case FNSTCW -> new X87Ops.StoreWord(false, new Address(insn, endOffset));
            case FNSTSW -> new X87Ops.StoreWord(true, new Address(insn, endOffset));
            default -> null;
        };
    }

    private static Op store(Insn insn, int endOffset, boolean truncates, boolean pops) {
        return new X87Ops.ToMemory(
                format(insn),
                truncates,
                pops,
                new Address(insn, endOffset),
                endOffset - insn.length());
    }

    private static @Nullable Op registers(Insn insn, int offset) {
        int r0 = insn.register0();
        int other = insn.kind1() == OperandKind.X87 ? insn.register1() : r0;
        Action action =
                switch (insn.opcode()) {
                    case FLD -> (cpu, x87) -> x87.loadRegister(r0);
                    case FST -> (cpu, x87) -> x87.storeRegister(r0, false);
                    case FSTP -> (cpu, x87) -> x87.storeRegister(r0, true);
                    case FXCH -> (cpu, x87) -> x87.exchange(r0);
                    case FFREE -> (cpu, x87) -> x87.free(r0, false);
                    case FFREEP -> (cpu, x87) -> x87.free(r0, true);
                    case FCOM -> (cpu, x87) -> x87.compare(other, true, 0);
                    case FCOMP -> (cpu, x87) -> x87.compare(other, true, 1);
                    case FUCOM -> (cpu, x87) -> x87.compare(other, false, 0);
                    case FUCOMP -> (cpu, x87) -> x87.compare(other, false, 1);
                    case FCOMI -> (cpu, x87) -> order(cpu, x87.order(other, true, false));
                    case FCOMIP -> (cpu, x87) -> order(cpu, x87.order(other, true, true));
                    case FUCOMI -> (cpu, x87) -> order(cpu, x87.order(other, false, false));
                    case FUCOMIP -> (cpu, x87) -> order(cpu, x87.order(other, false, true));
                    case FCMOVB -> (cpu, x87) -> x87.moveIf(Flags.carry(cpu), other);
                    case FCMOVNB -> (cpu, x87) -> x87.moveIf(!Flags.carry(cpu), other);
                    case FCMOVE -> (cpu, x87) -> x87.moveIf(Flags.zero(cpu), other);
                    case FCMOVNE -> (cpu, x87) -> x87.moveIf(!Flags.zero(cpu), other);
                    case FCMOVBE -> (cpu, x87) -> x87.moveIf(Flags.belowOrEqual(cpu), other);
                    case FCMOVNBE -> (cpu, x87) -> x87.moveIf(!Flags.belowOrEqual(cpu), other);
                    case FCMOVU -> (cpu, x87) -> x87.moveIf(Flags.parity(cpu), other);
                    case FCMOVNU -> (cpu, x87) -> x87.moveIf(!Flags.parity(cpu), other);
                    default -> null;
                };
        return action == null ? null : new X87Ops.OnRegisters(action, offset);
    }

    private static void order(Cpu cpu, int order) {
        if (order != X87Unit.NO_ORDER) {
            Flags.setStatus(cpu, FloatConversions.orderFlags(order));
        }
    }

    private static @Nullable Op control(Insn insn, int endOffset) {
        return switch (insn.opcode()) {
            case FWAIT -> new X87Ops.Wait();
            case FNCLEX -> new X87Ops.NotWaiting((cpu, x87) -> cpu.x87.clearExceptions());
            case FNINIT -> new X87Ops.NotWaiting((cpu, x87) -> cpu.x87.initialise());
            case FNSTSW_AX ->
                    new X87Ops.NotWaiting(
                            (cpu, x87) -> Registers.write(cpu, Cpu.RAX, cpu.x87.statusWord(), 2));
            default -> StateImageOps.of(insn, endOffset);
        };
    }
}
