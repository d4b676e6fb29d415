package io.understudy.vmx.decode;

/** What an operand of an {@link Insn} is. */
public enum OperandKind {
    NONE,
    /** General-purpose register 0..15 (RAX RCX RDX RBX RSP RBP RSI RDI R8..R15). */
    GPR,
    /** AH, CH, DH, BH: register number 0..3, bits 15:8. */
    GPR_HIGH,
    /** The memory operand of the instruction. */
    MEMORY,
    /** The immediate, already sign- or zero-extended to 64 bits as the instruction uses it. */
    IMMEDIATE,
    /** A branch target: displacement from the end of the instruction, in {@link Insn#immediate}. */
    RELATIVE,
    /** Segment register: 0 ES, 1 CS, 2 SS, 3 DS, 4 FS, 5 GS. */
    SEGMENT,
    /** XMM register 0..15. */
    XMM,
    /** MMX register 0..7. */
    MMX,
    /** x87 register by its distance 0..7 from the top of the stack. */
    X87,
    CONTROL_REGISTER,
    DEBUG_REGISTER
}
