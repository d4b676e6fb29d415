package io.understudy.vmx.conformance;

import io.understudy.vmx.decode.Decoder;
import io.understudy.vmx.decode.Insn;

/** One instruction, the state before it, and what silicon made of it. */
final class RecordedCase {
    /** Bytes of memory whose content is recorded. */
    static final int WINDOW_BYTES = 128;

    static final int REGISTERS = 16;

    /** Line in its file, from 1. */
    final int line;

    final String name;
    final byte[] code;
    final Insn insn;

    final long[] gpr;
    final long rflags;
    final byte[] window;

    final FloatState floats;

    final Outcome outcome;

    /** Status flags that the instruction leaves undefined. */
    final long undefinedFlags;

    /** The destination register is undefined. */
    final boolean destinationUndefined;

    /** Bits of the x87 status word that the instruction leaves undefined. */
    final int undefinedStatus;

    /** The result is one of several within a bound. */
    final boolean approximate;

    RecordedCase(Builder b) {
        this.line = b.line;
        this.name = b.name;
        this.code = b.code;
        this.insn = Decoder.decode(code, 0, code.length, 64);
        this.gpr = b.gpr;
        this.rflags = b.rflags;
        this.window = b.window;
        this.floats = b.floats;
        this.outcome = b.outcome;
        this.undefinedFlags = b.undefinedFlags;
        this.destinationUndefined = b.destinationUndefined;
        this.undefinedStatus = b.undefinedStatus;
        this.approximate = b.approximate;
    }

    /** The state after the instruction. */
    static final class Outcome {
        static final int NO_EXCEPTION = -1;

        /** In place of a vector: the case did not end. Never recorded. */
        static final int RAN_AWAY = -2;

        long rip;
        long rflags;
        long[] gpr = new long[0];
        byte[] window = new byte[0];
        int vector = NO_EXCEPTION;
        int errorCode;
        long faultAddress;
        FloatState floats = new FloatState();

        boolean faulted() {
            return vector != NO_EXCEPTION;
        }
    }

    /** Collects the keys of a line in whatever order they come. */
    static final class Builder {
        int line;
        String name = "";
        byte[] code = new byte[0];
        long[] gpr = new long[0];
        long rflags;
        byte[] window = new byte[0];
        FloatState floats = new FloatState();
        Outcome outcome = new Outcome();
        long undefinedFlags;
        boolean destinationUndefined;
        int undefinedStatus;
        boolean approximate;
    }
}
