package io.understudy.vmx.decode;

import java.util.Locale;

/** Instructions as text, for messages and tests; no assembler's exact syntax. */
final class InsnText {
    private static final String[] NAMES = {
        "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12",
        "r13", "r14", "r15"
    };
    private static final String[] HIGH = {"ah", "ch", "dh", "bh"};
    private static final String[] SEGMENTS = {"es", "cs", "ss", "ds", "fs", "gs"};
    private static final String[] CONDITIONS = {
        "o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"
    };

    private InsnText() {}

    static String of(Insn insn) {
        StringBuilder s = new StringBuilder();
        if (insn.lock()) {
            s.append("lock ");
        }
        if (insn.repeat() || insn.repeatNotEqual()) {
            s.append(insn.repeat() ? "rep " : "repne ");
        }
        s.append(mnemonic(insn));
        if (!insn.isValid()) {
            return s.toString();
        }
        s.append('.').append(insn.operandBytes());
        if (insn.sourceBytes() != insn.operandBytes()) {
            s.append('.').append(insn.sourceBytes());
        }
        operand(s, insn, insn.kind0(), insn.register0(), " ");
        operand(s, insn, insn.kind1(), insn.register1(), ", ");
        operand(s, insn, insn.kind2(), insn.register2(), ", ");
        if (insn.immediate2() != 0) {
            s.append(", ").append(hex(insn.immediate2()));
        }
        return s.toString();
    }

    private static String mnemonic(Insn insn) {
        String name = insn.opcode().name().toLowerCase(Locale.ROOT);
        return switch (insn.opcode()) {
            case JCC, SETCC, CMOVCC ->
                    name.substring(0, name.length() - 2) + CONDITIONS[insn.condition()];
            default -> name;
        };
    }

    private static void operand(
            StringBuilder s, Insn insn, OperandKind kind, int register, String separator) {
        if (kind == OperandKind.NONE) {
            return;
        }
        s.append(separator);
        switch (kind) {
            case GPR -> s.append(NAMES[register]);
            case GPR_HIGH -> s.append(HIGH[register]);
            case MEMORY -> memory(s, insn);
            case IMMEDIATE -> s.append(hex(insn.immediate()));
            case RELATIVE -> s.append("$+").append(hex(insn.length() + insn.immediate()));
            case SEGMENT -> s.append(SEGMENTS[register]);
            case XMM -> s.append("xmm").append(register);
            case MMX -> s.append("mm").append(register);
            case X87 -> s.append("st").append(register);
            case CONTROL_REGISTER -> s.append("cr").append(register);
            case DEBUG_REGISTER -> s.append("dr").append(register);
            case NONE -> {}
        }
    }

    private static void memory(StringBuilder s, Insn insn) {
        s.append(SEGMENTS[insn.segment()]).append(insn.addressBytes() * 8).append(":[");
        String plus = "";
        if (insn.base() != Insn.NO_REGISTER) {
            s.append(insn.base() == Insn.RIP_BASE ? "rip" : NAMES[insn.base()]);
            plus = "+";
        }
        if (insn.index() != Insn.NO_REGISTER) {
            s.append(plus).append(NAMES[insn.index()]).append('*').append(1 << insn.scale());
            plus = "+";
        }
        if (insn.displacement() != 0 || plus.isEmpty()) {
            s.append(plus).append(hex(insn.displacement()));
        }
        s.append(']');
    }

    private static String hex(long value) {
        return (value < 0 && value != Long.MIN_VALUE)
                ? "-0x" + Long.toHexString(-value)
                : "0x" + Long.toHexString(value);
    }
}
