package io.understudy.vmx.decode;

/**
 * One decoded instruction, immutable and free of any CPU state.
 *
 * <p>Operand 0 is the destination in SDM operand order. An operand is a kind and a register number;
 * at most one is {@link OperandKind#MEMORY}, described by {@link #segment}, {@link #base}, {@link
 * #index}, {@link #scale} and {@link #displacement}. Registers that are absent from an address are
 * {@link #NO_REGISTER}, which indexes a register that always reads zero, so an effective address
 * needs no branch.
 *
 * <p>Conventions by family: shifts by CL have the {@code GPR} operand 1 (RCX), shifts by one the
 * immediate 1; string instructions have no operands but {@link #operandBytes} (element size) and
 * {@link #segment} (of the source); far pointers in the instruction are {@link #immediate} and
 * {@link #immediate2} (selector); ENTER has its size in {@code immediate} and its level in {@code
 * immediate2}; IN and OUT name the port as {@code IMMEDIATE} or as {@code GPR} 2 (DX).
 *
 * @param opcode the operation; {@link Opcode#INVALID}, {@link Opcode#TOO_LONG} or {@link
 *     Opcode#INCOMPLETE} if the bytes are none
 * @param length bytes of the whole instruction, 1..15; for {@code INVALID} the bytes that were
 *     looked at, for {@code TOO_LONG} 15, for {@code INCOMPLETE} the bytes at hand
 * @param operandBytes size of the operation in bytes: 1, 2, 4, 8 or 16; the size of the stack slot
 *     or of RIP for stack and branch instructions
 * @param addressBytes effective address size: 2, 4 or 8
 * @param condition condition code 0..15 of a conditional form, else 0
 * @param kind0 kind of operand 0
 * @param register0 register of operand 0
 * @param kind1 kind of operand 1
 * @param register1 register of operand 1
 * @param kind2 kind of operand 2
 * @param register2 register of operand 2
 * @param sourceBytes size in bytes of the source where it differs (MOVZX, MOVSX, CRC32), else
 *     operandBytes
 * @param segment effective segment of the memory operand, 0..5; without one, of an implicit source
 *     (strings, XLAT, MONITOR)
 * @param base base register 0..15, {@link #RIP_BASE} or {@link #NO_REGISTER}
 * @param index index register 0..15 or {@link #NO_REGISTER}
 * @param scale log2 of the scale, 0..3
 * @param displacement sign-extended displacement, 0 if none
 * @param immediate immediate or branch displacement
 * @param immediate2 second immediate (ENTER's nesting level, the selector of a far pointer), else 0
 * @param lock F0 prefix present
 * @param repeat the string instruction repeats (REP, or REPE for CMPS and SCAS)
 * @param repeatNotEqual CMPS or SCAS repeats while not equal (REPNE)
 */
public record Insn(
        Opcode opcode,
        int length,
        int operandBytes,
        int addressBytes,
        int condition,
        OperandKind kind0,
        int register0,
        OperandKind kind1,
        int register1,
        OperandKind kind2,
        int register2,
        int sourceBytes,
        int segment,
        int base,
        int index,
        int scale,
        long displacement,
        long immediate,
        int immediate2,
        boolean lock,
        boolean repeat,
        boolean repeatNotEqual) {
    /** Index of the register that always reads zero. */
    public static final int NO_REGISTER = 16;

    /** Base of a RIP-relative address: the address of the next instruction. */
    public static final int RIP_BASE = 17;

    public static final int ES = 0;
    public static final int CS = 1;
    public static final int SS = 2;
    public static final int DS = 3;
    public static final int FS = 4;
    public static final int GS = 5;

    /** The same bytes as another operation. */
    Insn as(Opcode other) {
        return new Insn(
                other,
                length,
                operandBytes,
                addressBytes,
                condition,
                kind0,
                register0,
                kind1,
                register1,
                kind2,
                register2,
                sourceBytes,
                segment,
                base,
                index,
                scale,
                displacement,
                immediate,
                immediate2,
                lock,
                repeat,
                repeatNotEqual);
    }

    public boolean hasMemoryOperand() {
        return kind0 == OperandKind.MEMORY
                || kind1 == OperandKind.MEMORY
                || kind2 == OperandKind.MEMORY;
    }

    /** Whether the bytes are an instruction that this processor knows. */
    public boolean isValid() {
        return switch (opcode) {
            case INVALID, TOO_LONG, INCOMPLETE -> false;
            default -> true;
        };
    }

    /** An assembly-like line for messages, destination first. */
    @Override
    public String toString() {
        return InsnText.of(this);
    }
}
