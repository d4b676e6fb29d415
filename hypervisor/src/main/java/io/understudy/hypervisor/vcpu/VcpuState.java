package io.understudy.hypervisor.vcpu;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.StateReader;
import io.understudy.checkpoint.StateWriter;
import java.util.Arrays;

/**
 * Canonical state of a vCPU, free of any VMCS: one word per {@link StateField}.
 *
 * <p>{@link #read} refuses words that no vCPU can have, so that a hostile state fails before it is
 * used; what remains (segment attributes that contradict each other, say) fails the next VM entry.
 */
final class VcpuState {
    static final int VERSION = 3;

    static final int ACTIVE = 0;
    static final int HALTED = 1;
    static final int SHUTDOWN = 2;

    static final long EVENT_VALID = 1L << 31;
    static final int EVENT_TYPE_SHIFT = 8;
    static final int EVENT_TYPE_HARDWARE_EXCEPTION = 3;
    static final long EVENT_HAS_ERROR_CODE = 1 << 11;

    /** #DF #TS #NP #SS #GP #PF #AC. */
    private static final int VECTORS_WITH_ERROR_CODE =
            1 << 8 | 1 << 10 | 1 << 11 | 1 << 12 | 1 << 13 | 1 << 14 | 1 << 17;

    private static final long EVENT_DEFINED = EVENT_VALID | 0xfff;
    private static final long RFLAGS_RESERVED = ~0x3f_7fd7L;
    private static final long RFLAGS_ONE = 2;
    private static final long RFLAGS_VM = 1 << 17;
    private static final long CR0_REQUIRED = 0x8000_0001L;
    private static final long EFER_LONG_MODE = 1 << 8 | 1 << 10;
    private static final long RIGHTS_DEFINED = 0x1_f0ff;
    private static final long INTERRUPTIBILITY_DEFINED = 0x0b;

    /** FCW, FSW, tag byte, FOP. */
    private static final long X87_WORDS_DEFINED = 0x07ff_00ff_ffff_1f7fL;

    /** Bit 6 of the control word reads as 1. */
    private static final long X87_CONTROL_ONE = 1 << 6;

    private static final long MXCSR_DEFINED = 0xffff;
    private static final long XCR0_X87 = 1;
    private static final long XCR0_DEFINED = 0x203;

    private final long[] words = new long[StateField.ALL.length];

    long get(StateField field) {
        return words[index(field)];
    }

    VcpuState set(StateField field, long value) {
        words[index(field)] = value;
        return this;
    }

    void write(StateWriter out) {
        for (long w : words) {
            out.u64(w);
        }
    }

    static VcpuState read(StateReader in) throws CorruptStateException {
        VcpuState state = new VcpuState();
        for (StateField f : StateField.ALL) {
            state.set(f, in.u64(f.name()));
        }
        in.end();
        state.check(in);
        return state;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof VcpuState s && Arrays.equals(words, s.words);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(words);
    }

    @SuppressWarnings("EnumOrdinal") // the order of the constants is the order of the words
    private static int index(StateField field) {
        return field.ordinal();
    }

    private void check(StateReader in) throws CorruptStateException {
        require(in, StateField.RFLAGS, "has reserved bits", RFLAGS_RESERVED | RFLAGS_VM, 0);
        require(in, StateField.RFLAGS, "lacks bit 1", RFLAGS_ONE, RFLAGS_ONE);
        require(in, StateField.CR0, "lacks PE or PG", CR0_REQUIRED, CR0_REQUIRED);
        require(in, StateField.CR0, "has bits above 31", ~0xffff_ffffL, 0);
        require(in, StateField.EFER, "lacks LME or LMA", EFER_LONG_MODE, EFER_LONG_MODE);
        require(in, StateField.DR6, "has bits above 31", ~0xffff_ffffL, 0);
        require(in, StateField.DR7, "has bits above 31", ~0xffff_ffffL, 0);
        require(in, StateField.EVENT, "has reserved bits", ~EVENT_DEFINED, 0);
        require(in, StateField.EVENT_ERROR_CODE, "is more than 16 bits", ~0xffffL, 0);
        require(in, StateField.EVENT_INSTRUCTION_LENGTH, "is more than 15", ~15L, 0);
        require(in, StateField.INTERRUPTIBILITY, "has reserved bits", ~INTERRUPTIBILITY_DEFINED, 0);
        require(in, StateField.XCR0, "has reserved bits", ~XCR0_DEFINED, 0);
        require(in, StateField.XCR0, "lacks x87", XCR0_X87, XCR0_X87);
        require(in, StateField.PKRU, "has bits above 31", ~0xffff_ffffL, 0);
        require(in, StateField.X87_WORDS, "has reserved bits", ~X87_WORDS_DEFINED, 0);
        require(in, StateField.X87_WORDS, "lacks bit 6", X87_CONTROL_ONE, X87_CONTROL_ONE);
        require(in, StateField.MXCSR, "has reserved bits", ~MXCSR_DEFINED, 0);
        if (get(StateField.ACTIVITY) < ACTIVE || get(StateField.ACTIVITY) > SHUTDOWN) {
            throw in.corrupt(
                    "ACTIVITY", "is %d, not 0, 1 or 2".formatted(get(StateField.ACTIVITY)));
        }
        if (get(StateField.INSTRUCTIONS) < 0 || get(StateField.GUEST_TSC) < 0) {
            throw in.corrupt("INSTRUCTIONS or GUEST_TSC", "is negative");
        }
        checkEvent(in);
        for (StateField f : StateField.ALL) {
            checkByName(in, f);
        }
    }

    /** The rules of VM entry for an event to inject (SDM volume 3, "VM-Entry Control Fields"). */
    private void checkEvent(StateReader in) throws CorruptStateException {
        long event = get(StateField.EVENT);
        int vector = (int) event & 0xff;
        int type = (int) (event >>> EVENT_TYPE_SHIFT) & 7;
        boolean hasErrorCode = (event & EVENT_HAS_ERROR_CODE) != 0;
        boolean isLegal =
                switch (type) {
                    case 0 -> !hasErrorCode;
                    case 2 -> vector == 2 && !hasErrorCode;
                    case EVENT_TYPE_HARDWARE_EXCEPTION ->
                            vector < 32
                                    && hasErrorCode
                                            == ((VECTORS_WITH_ERROR_CODE >>> vector & 1) != 0);
                    case 4, 5, 6 -> !hasErrorCode && get(StateField.EVENT_INSTRUCTION_LENGTH) != 0;
                    default -> false;
                };
        if ((event & EVENT_VALID) == 0 ? event != 0 : !isLegal) {
            throw in.corrupt("EVENT", "is none that can be injected: %#x".formatted(event));
        }
    }

    private void checkByName(StateReader in, StateField field) throws CorruptStateException {
        String name = field.name();
        if (name.endsWith("_SELECTOR")) {
            require(in, field, "is more than 16 bits", ~0xffffL, 0);
        } else if (name.equals("GDTR_LIMIT") || name.equals("IDTR_LIMIT")) {
            require(in, field, "is more than 16 bits", ~0xffffL, 0);
        } else if (name.endsWith("_LIMIT")) {
            require(in, field, "is more than 32 bits", ~0xffff_ffffL, 0);
        } else if (name.endsWith("_RIGHTS")) {
            require(in, field, "has reserved bits", ~RIGHTS_DEFINED, 0);
        } else if (name.endsWith("_SIGN_EXPONENT")) {
            require(in, field, "is more than 16 bits", ~0xffffL, 0);
        } else if (name.endsWith("_BASE") || field == StateField.RIP) {
            long value = get(field);
            if (value << 16 >> 16 != value) {
                throw in.corrupt(name, "is not canonical: %#x".formatted(value));
            }
        }
    }

    /** Fails unless the bits under {@code mask} are {@code value}. */
    private void require(StateReader in, StateField field, String problem, long mask, long value)
            throws CorruptStateException {
        if ((get(field) & mask) != value) {
            throw in.corrupt(field.name(), "%s: %#x".formatted(problem, get(field)));
        }
    }
}
