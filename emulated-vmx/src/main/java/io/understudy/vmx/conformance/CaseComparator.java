package io.understudy.vmx.conformance;

import io.understudy.vmx.conformance.RecordedCase.Outcome;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.OperandKind;
import java.util.ArrayList;
import java.util.List;

/** Compares every defined bit of an outcome with the recorded one. */
final class CaseComparator {
    /** CF, PF, AF, ZF, SF, DF and OF: the flags that recordings carry. */
    private static final long RECORDED_FLAGS = 0xcd5;

    /** Present bit of a page-fault error code. */
    private static final int PF_PRESENT = 1;

    /** The recording operating system reports every address of its own half as present. */
    private static final long USER_SPACE_END = 0x7fff_ffff_f000L;

    private static final String[] REGISTERS = {
        "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12",
        "r13", "r14", "r15"
    };

    private CaseComparator() {}

    /**
     * Words for every difference, empty if there is none.
     *
     * @param outsideWindow differences in memory that the case must leave alone
     */
    static String compare(RecordedCase c, Outcome actual, String outsideWindow) {
        Outcome expected = c.outcome;
        List<String> differences = new ArrayList<>();
        exception(expected, actual, differences);
        number("rip", expected.rip, actual.rip, differences);
        long flags = RECORDED_FLAGS & ~(expected.faulted() ? 0 : c.undefinedFlags);
        number("rflags", expected.rflags & flags, actual.rflags & flags, differences);
        int undefined = undefinedRegister(c);
        for (int i = 0; i < RecordedCase.REGISTERS; i++) {
            if (i != undefined) {
                number(REGISTERS[i], expected.gpr[i], actual.gpr[i], differences);
            }
        }
        for (int i = 0; i < RecordedCase.WINDOW_BYTES; i++) {
            if (expected.window[i] != actual.window[i]) {
                differences.add(
                        "window byte %d is %02x, recorded %02x"
                                .formatted(i, actual.window[i] & 0xff, expected.window[i] & 0xff));
                break;
            }
        }
        FloatComparator.compare(c, expected.floats, actual.floats, differences);
        if (!outsideWindow.isEmpty()) {
            differences.add(outsideWindow);
        }
        return String.join("; ", differences);
    }

    private static void exception(Outcome expected, Outcome actual, List<String> differences) {
        if (expected.vector != actual.vector) {
            differences.add(
                    "%s, recorded %s".formatted(name(actual.vector), name(expected.vector)));
            return;
        }
        int errorMask = hasErrorCode(expected.vector) ? -1 : 0;
        if (expected.vector == Vector.PF) {
            number("cr2", expected.faultAddress, actual.faultAddress, differences);
            if (Long.compareUnsigned(expected.faultAddress, USER_SPACE_END) >= 0) {
                errorMask = ~PF_PRESENT;
            }
        }
        number(
                "error code",
                expected.errorCode & errorMask,
                actual.errorCode & errorMask,
                differences);
    }

    private static boolean hasErrorCode(int vector) {
        return switch (vector) {
            case Vector.DF, Vector.TS, Vector.NP, Vector.SS, Vector.GP, Vector.PF, Vector.AC ->
                    true;
            default -> false;
        };
    }

    private static int undefinedRegister(RecordedCase c) {
        Insn insn = c.insn;
        return (c.destinationUndefined && insn.kind0() == OperandKind.GPR) ? insn.register0() : -1;
    }

    private static String name(int vector) {
        return switch (vector) {
            case Outcome.NO_EXCEPTION -> "no exception";
            case Outcome.RAN_AWAY -> "no end";
            default -> "exception " + vector;
        };
    }

    static void number(String what, long expected, long actual, List<String> differences) {
        if (expected != actual) {
            differences.add("%s is %x, recorded %x".formatted(what, actual, expected));
        }
    }
}
