package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.OperandKind;
import io.understudy.vmx.execute.BitOps.Change;
import io.understudy.vmx.execute.GenericOps.BinaryFunction;
import io.understudy.vmx.execute.GenericOps.UnaryFunction;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the operation for an instruction that does not end a block: a specialised one where there
 * is one, else a generic one.
 */
final class OpFactory {
    private OpFactory() {}

    /**
     * @param offset distance from the block's start to the instruction
     * @return null if {@code insn} ends a block or is a block of its own
     */
    static @Nullable Op of(Insn insn, int offset) {
        int endOffset = offset + insn.length();
        Op special = SpecialisedOps.of(insn, endOffset);
        return special != null ? special : generic(insn, endOffset);
    }

    private static @Nullable Op generic(Insn insn, int endOffset) {
        return switch (insn.opcode()) {
            case MOV, MOVNTI -> into(insn, endOffset, (cpu, a, bytes) -> a);
            case MOVZX -> into(insn, endOffset, (cpu, a, bytes) -> a);
            case MOVSX ->
                    into(insn, endOffset, (cpu, a, bytes) -> OperandSize.signExtend(a, bytes));
            case BSWAP, MOVBE -> into(insn, endOffset, OpFactory::reverse);
            case LEA -> lea(insn, endOffset);
            case ADD -> binary(insn, endOffset, Arithmetic::add);
            case OR -> binary(insn, endOffset, Arithmetic::or);
            case ADC -> binary(insn, endOffset, Arithmetic::adc);
            case SBB -> binary(insn, endOffset, Arithmetic::sbb);
            case AND -> binary(insn, endOffset, Arithmetic::and);
            case SUB -> binary(insn, endOffset, Arithmetic::sub);
            case XOR -> binary(insn, endOffset, Arithmetic::xor);
            case ADCX -> binary(insn, endOffset, Arithmetic::adcx);
            case ADOX -> binary(insn, endOffset, Arithmetic::adox);
            case ROL -> binary(insn, endOffset, Shifts::rol);
            case ROR -> binary(insn, endOffset, Shifts::ror);
            case RCL -> binary(insn, endOffset, Shifts::rcl);
            case RCR -> binary(insn, endOffset, Shifts::rcr);
            case SHL -> binary(insn, endOffset, Shifts::shl);
            case SHR -> binary(insn, endOffset, Shifts::shr);
            case SAR -> binary(insn, endOffset, Shifts::sar);
            case CMP -> compare(insn, endOffset, Arithmetic::sub);
            case TEST -> compare(insn, endOffset, Arithmetic::and);
            case NOT -> unary(insn, endOffset, (cpu, a, bytes) -> ~a);
            case NEG -> unary(insn, endOffset, Arithmetic::neg);
            case INC -> unary(insn, endOffset, Arithmetic::inc);
            case DEC -> unary(insn, endOffset, Arithmetic::dec);
            default -> other(insn, endOffset);
        };
    }

    private static @Nullable Op other(Insn insn, int endOffset) {
        return switch (insn.opcode()) {
            case SHLD, SHRD -> doubleShift(insn, endOffset);
            case MUL, DIV, IDIV -> accumulator(insn, endOffset);
            case IMUL -> imul(insn, endOffset);
            case MULX ->
                    new MiscellaneousOps.MultiplyWide(
                            insn.register0(), insn.register1(), operand(insn, 2, endOffset));
            case BT -> bit(insn, endOffset, Change.NONE);
            case BTS -> bit(insn, endOffset, Change.SET);
            case BTR -> bit(insn, endOffset, Change.RESET);
            case BTC -> bit(insn, endOffset, Change.COMPLEMENT);
            case BSF -> new BitOps.Scan(false, insn.register0(), operand(insn, 1, endOffset));
            case BSR -> new BitOps.Scan(true, insn.register0(), operand(insn, 1, endOffset));
            case POPCNT, TZCNT, LZCNT, BLSR, BLSMSK, BLSI, CRC32 -> bitFunction(insn, endOffset);
            case ANDN, BEXTR, BZHI, PEXT, PDEP, RORX, SHLX, SARX, SHRX ->
                    threeOperands(insn, endOffset);
            case XCHG -> exchange(insn, endOffset);
            case XADD ->
                    new AtomicOps.ExchangeAdd(
                            operand(insn, 0, endOffset), operand(insn, 1, endOffset), insn.lock());
            case CMPXCHG ->
                    new AtomicOps.CompareExchange(
                            operand(insn, 0, endOffset), operand(insn, 1, endOffset), insn.lock());
            case CMPXCHG8B -> new AtomicOps.CompareExchangePair(new Address(insn, endOffset), 4);
            case CMPXCHG16B -> new AtomicOps.CompareExchangePair(new Address(insn, endOffset), 8);
            case SETCC ->
                    new MiscellaneousOps.SetCondition(
                            insn.condition(), operand(insn, 0, endOffset));
            case CMOVCC ->
                    new MiscellaneousOps.MoveConditionally(
                            insn.condition(), insn.register0(), operand(insn, 1, endOffset));
            default -> implicit(insn, endOffset);
        };
    }

    private static @Nullable Op implicit(Insn insn, int endOffset) {
        return switch (insn.opcode()) {
            case PUSH -> new StackOps.PushOperand(operand(insn, 0, endOffset));
            case POP -> new StackOps.PopOperand(operand(insn, 0, endOffset));
            case PUSHF -> new StackOps.PushFlags(insn.operandBytes());
            case ENTER -> new StackOps.Enter(insn);
            case LEAVE -> new StackOps.Leave(insn.operandBytes());
            case CBW, CWD -> new MiscellaneousOps.ExtendAccumulator(insn);
            case XLAT -> new MiscellaneousOps.Translate(insn);
            case LAHF, SAHF, CLC, STC, CMC, CLD, STD ->
                    new MiscellaneousOps.FlagChange(insn.opcode());
            case NOP, ENDBR, PREFETCH, LFENCE, MFENCE, SFENCE -> new MiscellaneousOps.Nothing();
            case MOVS, CMPS, STOS, LODS, SCAS -> repeats(insn) ? null : new StringElement(insn);
            default -> vector(insn, endOffset);
        };
    }

    /** Instructions of old modes, and on MMX, XMM and x87 registers. */
    private static @Nullable Op vector(Insn insn, int endOffset) {
        Op op = LegacyOps.of(insn, endOffset);
        if (op == null) {
            op = MmxOpFactory.of(insn, endOffset);
        }
        if (op == null) {
            op = VectorOpFactory.of(insn, endOffset);
        }
        if (op == null) {
            op = FloatOpFactory.of(insn, endOffset);
        }
        return op != null ? op : X87OpFactory.of(insn, endOffset);
    }

    static boolean repeats(Insn insn) {
        return insn.repeat() || insn.repeatNotEqual();
    }

    private static Operand operand(Insn insn, int number, int endOffset) {
        return Operand.of(insn, number, insn.operandBytes(), endOffset);
    }

    /** The second operand, in its own size. */
    private static Operand source(Insn insn, int endOffset) {
        return Operand.of(insn, 1, insn.sourceBytes(), endOffset);
    }

    private static Op into(Insn insn, int endOffset, UnaryFunction function) {
        Operand destination = operand(insn, 0, endOffset);
        return insn.kind1() == OperandKind.NONE
                ? new GenericOps.Unary(function, destination, false)
                : new GenericOps.UnaryInto(function, destination, source(insn, endOffset));
    }

    private static Op binary(Insn insn, int endOffset, BinaryFunction function) {
        Operand destination = operand(insn, 0, endOffset);
        Operand source = operand(insn, 1, endOffset);
        return insn.lock()
                ? new GenericOps.LockedBinary(function, destination, source)
                : new GenericOps.Binary(function, destination, source);
    }

    private static Op unary(Insn insn, int endOffset, UnaryFunction function) {
        return new GenericOps.Unary(function, operand(insn, 0, endOffset), insn.lock());
    }

    private static Op compare(Insn insn, int endOffset, BinaryFunction function) {
        return new GenericOps.Compare(
                function, operand(insn, 0, endOffset), operand(insn, 1, endOffset));
    }

    private static Op lea(Insn insn, int endOffset) {
        Address address = new Address(insn, endOffset);
        return new EffectiveAddress(address, insn.register0(), insn.operandBytes());
    }

    private static Op doubleShift(Insn insn, int endOffset) {
        GenericOps.TernaryFunction function =
                switch (insn.opcode()) {
                    case SHLD -> Shifts::shld;
                    default -> Shifts::shrd;
                };
        return new GenericOps.Ternary(
                function,
                operand(insn, 0, endOffset),
                operand(insn, 1, endOffset),
                operand(insn, 2, endOffset));
    }

    private static Op accumulator(Insn insn, int endOffset) {
        return new MiscellaneousOps.AccumulatorArithmetic(
                insn.opcode(), operand(insn, 0, endOffset));
    }

    private static Op imul(Insn insn, int endOffset) {
        if (insn.kind1() == OperandKind.NONE) {
            return accumulator(insn, endOffset);
        }
        boolean two = insn.kind2() == OperandKind.NONE;
        return new GenericOps.BinaryInto(
                Multiply::imulTruncated,
                operand(insn, 0, endOffset),
                operand(insn, two ? 0 : 1, endOffset),
                operand(insn, two ? 1 : 2, endOffset));
    }

    private static Op bit(Insn insn, int endOffset, Change change) {
        if (insn.kind0() == OperandKind.MEMORY && insn.kind1() == OperandKind.GPR) {
            return new BitOps.TestString(
                    change,
                    new Address(insn, endOffset),
                    insn.register1(),
                    insn.operandBytes(),
                    insn.lock());
        }
        return new BitOps.Test(
                change, operand(insn, 0, endOffset), operand(insn, 1, endOffset), insn.lock());
    }

    private static Op bitFunction(Insn insn, int endOffset) {
        if (insn.opcode() == io.understudy.vmx.decode.Opcode.CRC32) {
            int sourceBytes = insn.sourceBytes();
            return new GenericOps.BinaryInto(
                    (cpu, crc, data, bytes) -> BitOperations.crc32(crc, data, sourceBytes),
                    operand(insn, 0, endOffset),
                    operand(insn, 0, endOffset),
                    source(insn, endOffset));
        }
        UnaryFunction function =
                switch (insn.opcode()) {
                    case POPCNT -> (cpu, a, bytes) -> BitOperations.popcnt(cpu, a);
                    case TZCNT -> BitOperations::tzcnt;
                    case LZCNT -> BitOperations::lzcnt;
                    case BLSR -> BitOperations::blsr;
                    case BLSMSK -> BitOperations::blsmsk;
                    default -> BitOperations::blsi;
                };
        return new GenericOps.UnaryInto(
                function, operand(insn, 0, endOffset), operand(insn, 1, endOffset));
    }

    private static Op threeOperands(Insn insn, int endOffset) {
        BinaryFunction function =
                switch (insn.opcode()) {
                    case ANDN -> BitOperations::andn;
                    case BEXTR -> BitOperations::bextr;
                    case BZHI -> BitOperations::bzhi;
                    case PEXT -> (cpu, a, mask, bytes) -> Long.compress(a, mask);
                    case PDEP -> (cpu, a, mask, bytes) -> Long.expand(a, mask);
                    case RORX -> OpFactory::rotateRight;
                    case SHLX ->
                            (cpu, a, count, bytes) -> a << (count & OperandSize.countMask(bytes));
                    case SHRX ->
                            (cpu, a, count, bytes) -> a >>> (count & OperandSize.countMask(bytes));
                    default ->
                            (cpu, a, count, bytes) ->
                                    OperandSize.signExtend(a, bytes)
                                            >> (count & OperandSize.countMask(bytes));
                };
        return new GenericOps.BinaryInto(
                function,
                operand(insn, 0, endOffset),
                operand(insn, 1, endOffset),
                operand(insn, 2, endOffset));
    }

    private static Op exchange(Insn insn, int endOffset) {
        Operand first = operand(insn, 0, endOffset);
        Operand second = operand(insn, 1, endOffset);
        return second instanceof Operand.Memory
                ? new AtomicOps.Exchange(second, first)
                : new AtomicOps.Exchange(first, second);
    }

    private static long reverse(Cpu cpu, long value, int bytes) {
        return Long.reverseBytes(value) >>> (64 - OperandSize.bits(bytes));
    }

    private static long rotateRight(Cpu cpu, long value, long count, int bytes) {
        return bytes == 8
                ? Long.rotateRight(value, (int) count)
                : Integer.rotateRight((int) value, (int) count);
    }

    /** LEA in its general form: no segment base, truncated to both sizes. */
    private static final class EffectiveAddress extends RegisterOp {
        private final Address address;
        private final int destination;
        private final int bytes;

        EffectiveAddress(Address address, int destination, int bytes) {
            this.address = address;
            this.destination = destination;
            this.bytes = bytes;
        }

        @Override
        void execute(Cpu cpu) {
            Registers.write(cpu, destination, address.offset(cpu), bytes);
        }
    }
}
