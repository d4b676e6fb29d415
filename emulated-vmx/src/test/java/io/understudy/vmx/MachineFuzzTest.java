package io.understudy.vmx;

import static io.understudy.vmx.VmcsField.*;
import static io.understudy.vmx.VmxControls.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Random code in every mode, from the decoder to event delivery and VM exits: nothing but the
 * processor's own signals ends an instruction, and two ways of executing it agree, whole blocks and
 * single steps, on exits, registers, time and memory.
 *
 * <p>{@code -Dunderstudy.machine.fuzz=SECONDS} fuzzes for so long, {@code
 * -Dunderstudy.machine.seed=N} repeats a run from its first program.
 */
final class MachineFuzzTest {
    private static final long SEED = Long.getLong("understudy.machine.seed", 20261129);
    private static final int SECONDS = Integer.getInteger("understudy.machine.fuzz", 0);
    private static final int PROGRAMS_MIN = 20;
    private static final int CODE_BYTES = 512;
    private static final int ENTRIES_MAX = 40;
    private static final int ENTRY_FAILED = 1 << 31;

    /** Virtual time that one entry may take, in ticks of the TSC. */
    private static final int TICKS = 3_000;

    private static final int[] FIELDS = {
        EXIT_REASON,
        EXIT_QUALIFICATION,
        EXIT_INTERRUPTION_INFORMATION,
        EXIT_INSTRUCTION_LENGTH,
        EXIT_INSTRUCTION_INFORMATION,
        IDT_VECTORING_INFORMATION,
        GUEST_PHYSICAL_ADDRESS,
        GUEST_RIP,
        GUEST_RSP,
        GUEST_RFLAGS,
        GUEST_CR0,
        GUEST_CR3,
        GUEST_CR4,
        GUEST_IA32_EFER,
        GUEST_DR7,
        GUEST_INTERRUPTIBILITY_STATE,
        GUEST_PENDING_DBG_EXCEPTIONS,
        GUEST_ACTIVITY_STATE,
    };

    /** How the code runs. */
    private enum Mode {
        REAL,
        PROTECTED_16,
        PROTECTED_32,
        SEGMENTED_32,
        COMPATIBILITY,
        LONG,
        LONG_USER
    }

    private static final String[] OPENINGS = {
        "0f", "0f01", "0f00", "0f38", "0f3a", "0fae", "0fc7", "0fba", "660f", "660f38", "660f3a",
        "f30f", "f20f", "f3", "f2", "f0", "66", "67", "48", "d9", "db", "dd", "df", "c8", "cf",
        "cb", "ca", "9a", "ea", "ff", "8e", "cd", "0f20", "0f22", "0f23", "c4e270", "9c", "9d",
        "e4", "e6", "6c", "6e", "f3a4", "f3a5", "f2ae", "f3ab", "0fb1", "f00fb1", "f00fc1", "c5",
        "62", "63"
    };

    private final SplittableRandom random = new SplittableRandom(SEED);
    private final byte[] ram = new byte[(int) GuestMachine.RAM_BYTES];
    private final MemorySegment wholeRam = MemorySegment.ofArray(new byte[ram.length]);
    private final MemorySegment steppedRam = MemorySegment.ofArray(new byte[ram.length]);
    private final Map<Mode, Long> exits = new EnumMap<>(Mode.class);
    private long faults;

    @Test
    void anyCodeInAnyModeIsExecutedOneWay() {
        assumeTrue(SECONDS > 0, "only with -Dunderstudy.machine.fuzz=SECONDS");
        System.out.println("MachineFuzzTest seed " + SEED + ", seconds " + SECONDS);
        long end = System.nanoTime() + SECONDS * 1_000_000_000L;
        long programs = 0;
        PlatformConfig config = new PlatformConfig(16 << 20, 1, 10, 1, false, ProcessorModel.MAX);
        try (GuestMachine whole = new GuestMachine(config);
                GuestMachine stepped = new GuestMachine(config)) {
            stepped.lp.traceTo(line -> {});
            whole.memory.read(GuestMachine.RAM, MemorySegment.ofArray(ram), 0, ram.length);
            byte[] template = ram.clone();
            while (programs < PROGRAMS_MIN || System.nanoTime() - end < 0) {
                System.arraycopy(template, 0, ram, 0, ram.length);
                program(whole, stepped, programs);
                programs++;
            }
        }
        System.out.println(programs + " programs, exits by mode " + exits + ", faults " + faults);
        assertThat(exits.keySet()).containsExactly(Mode.values());
        assertThat(faults).isGreaterThan(programs);
    }

    private void program(GuestMachine whole, GuestMachine stepped, long number) {
        Mode mode = Mode.values()[random.nextInt(Mode.values().length)];
        byte[] code = code();
        System.arraycopy(code, 0, ram, (int) GuestMachine.CODE, code.length);
        boolean guestHandles = random.nextInt(3) == 0;
        if (random.nextInt(4) == 0) {
            // Descriptors of any kind.
            for (int i = 0; i < 64; i++) {
                ram[(int) GuestMachine.IDT + random.nextInt(0x300)] = (byte) random.nextInt();
                ram[(int) GuestMachine.GDT + 8 + random.nextInt(0x28)] = (byte) random.nextInt();
            }
        }
        long registers = random.nextLong();
        long entries = random.nextLong();
        try {
            setUp(whole, mode, guestHandles, registers);
            setUp(stepped, mode, guestHandles, registers);
            run(whole, stepped, mode, new SplittableRandom(entries));
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError(
                    "seed %d, program %d, %s, code %s"
                            .formatted(SEED, number, mode, HexFormat.of().formatHex(code)),
                    e);
        }
    }

    private byte[] code() {
        byte[] code = new byte[CODE_BYTES];
        random.nextBytes(code);
        for (int i = 0; i < CODE_BYTES / 8; i++) {
            byte[] opening = HexFormat.of().parseHex(OPENINGS[random.nextInt(OPENINGS.length)]);
            int at = random.nextInt(CODE_BYTES - opening.length);
            System.arraycopy(opening, 0, code, at, opening.length);
        }
        return code;
    }

    private void run(GuestMachine whole, GuestMachine stepped, Mode mode, SplittableRandom next) {
        for (int i = 0; i < ENTRIES_MAX; i++) {
            int reason = whole.run();
            assertThat(stepped.run()).as("exit reason after %d entries", i).isEqualTo(reason);
            assertThat(state(stepped)).as("state after %d entries", i).isEqualTo(state(whole));
            exits.merge(mode, 1L, Long::sum);
            if ((reason & ENTRY_FAILED) != 0) {
                break;
            }
            faults += reason == 0 ? 1 : 0;
            if (ExitReason.of(reason) == ExitReason.TRIPLE_FAULT) {
                break;
            }
            long rip = GuestMachine.CODE + next.nextInt(CODE_BYTES);
            for (GuestMachine m : new GuestMachine[] {whole, stepped}) {
                m.lp.vmwrite(GUEST_RIP, rip);
                m.lp.vmwrite(GUEST_RFLAGS, m.lp.vmread(GUEST_RFLAGS) & ~0x100L);
                m.lp.vmwrite(GUEST_INTERRUPTIBILITY_STATE, 0);
                m.lp.vmwrite(GUEST_PENDING_DBG_EXCEPTIONS, 0);
                m.lp.vmwrite(GUEST_ACTIVITY_STATE, 0);
            }
        }
        long different =
                MemorySegment.mismatch(
                        ramOf(whole, wholeRam),
                        0,
                        ram.length,
                        ramOf(stepped, steppedRam),
                        0,
                        ram.length);
        assertThat(different).as("first byte of memory that differs").isEqualTo(-1);
    }

    private static MemorySegment ramOf(GuestMachine m, MemorySegment copy) {
        m.memory.read(GuestMachine.RAM, copy, 0, copy.byteSize());
        return copy;
    }

    private static String state(GuestMachine m) {
        StringBuilder s = new StringBuilder();
        for (int field : FIELDS) {
            s.append(Integer.toHexString(field)).append('=');
            s.append(Long.toHexString(m.lp.vmread(field))).append(' ');
        }
        for (int i = 0; i < 6; i++) {
            s.append(Long.toHexString(m.lp.vmread(GUEST_ES_SELECTOR + 2 * i))).append(':');
            s.append(Long.toHexString(m.lp.vmread(GUEST_ES_BASE + 2 * i))).append(':');
            s.append(Long.toHexString(m.lp.vmread(GUEST_ES_LIMIT + 2 * i))).append(':');
            s.append(Long.toHexString(m.lp.vmread(GUEST_ES_ACCESS_RIGHTS + 2 * i))).append(' ');
        }
        for (int r = 0; r < 16; r++) {
            s.append(Long.toHexString(m.lp.gpr(r))).append(' ');
        }
        long[] image = new long[LogicalProcessor.FXSAVE_WORDS];
        m.lp.fxsave(image);
        return s.append(Arrays.hashCode(image))
                .append(" cr2 ")
                .append(Long.toHexString(m.lp.cr2()))
                .append(" retired ")
                .append(m.lp.clock().retired())
                .toString();
    }

    private void setUp(GuestMachine m, Mode mode, boolean guestHandles, long seed) {
        SplittableRandom values = new SplittableRandom(seed);
        m.memory.write(GuestMachine.RAM, MemorySegment.ofArray(ram), 0, ram.length);
        m.resetGuest();
        m.lp.vmwrite(EXCEPTION_BITMAP, guestHandles ? 0 : 0xffff_ffffL);
        m.set(PIN_BASED_VM_EXECUTION_CONTROLS, PIN_PREEMPTION_TIMER);
        m.lp.vmwrite(GUEST_PREEMPTION_TIMER_VALUE, TICKS);
        m.set(
                SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS,
                SECONDARY_UNRESTRICTED_GUEST | SECONDARY_RDTSCP | SECONDARY_INVPCID);
        // What the guest does to these takes no part in later programs.
        m.lp.vmwrite(CR0_GUEST_HOST_MASK, 0x6000_0000L);
        m.lp.vmwrite(GUEST_CR4, m.lp.vmread(GUEST_CR4) | 0x0005_0600L);
        for (int r = 0; r < 16; r++) {
            m.lp.setGpr(r, value(values));
        }
        long[] image = new long[LogicalProcessor.FXSAVE_WORDS];
        image[0] = 0x037f;
        image[3] = 0x0000_ffff_0000_1f80L;
        for (int i = 4; i < image.length; i++) {
            image[i] = value(values);
        }
        m.lp.fxrstor(image);
        m.lp.setXcr0(3);
        m.lp.setCr2(0);
        m.lp.setCr8(0);
        for (int d = 0; d < 4; d++) {
            m.lp.setDr(d, 0);
        }
        m.lp.setDr(6, 0xffff_0ff0L);
        enter(m, mode, values);
        m.invalidateEpt();
        m.lp.invvpid(1, 1, 0);
    }

    private static long value(SplittableRandom values) {
        return switch (values.nextInt(5)) {
            case 0 -> values.nextLong();
            case 1 -> values.nextInt(16) - 4L;
            case 2 -> GuestMachine.CODE + values.nextInt(CODE_BYTES);
            default -> GuestMachine.DATA + values.nextInt(0x2000);
        };
    }

    private static void enter(GuestMachine m, Mode mode, SplittableRandom values) {
        switch (mode) {
            case LONG -> {}
            case LONG_USER -> m.enterUserMode();
            case COMPATIBILITY -> m.lp.vmwrite(GUEST_CS_ACCESS_RIGHTS, 0xc09b);
            default -> enterLegacy(m, mode, values);
        }
    }

    /** Without paging: linear is guest-physical. */
    private static void enterLegacy(GuestMachine m, Mode mode, SplittableRandom values) {
        boolean real = mode == Mode.REAL;
        m.clear(VM_ENTRY_CONTROLS, ENTRY_IA32E_MODE_GUEST);
        m.lp.vmwrite(GUEST_IA32_EFER, 0);
        m.lp.vmwrite(GUEST_CR0, real ? 0x30 : 0x31);
        m.lp.vmwrite(GUEST_RSP, 0x9000 + values.nextInt(0x1000));
        m.lp.vmwrite(GUEST_TR_ACCESS_RIGHTS, 0x8b);
        for (int i = 0; i < 6; i++) {
            boolean code = i == 1;
            long base = mode == Mode.SEGMENTED_32 && !code ? values.nextInt(16) * 16L : 0;
            if (real) {
                m.lp.vmwrite(GUEST_ES_SELECTOR + 2 * i, 0);
            }
            m.lp.vmwrite(GUEST_ES_BASE + 2 * i, base);
            int rights = code ? 0x9b : 0x93;
            boolean small = real || mode == Mode.PROTECTED_16 || mode == Mode.SEGMENTED_32;
            m.lp.vmwrite(GUEST_ES_LIMIT + 2 * i, small ? 0xffff : 0xffff_ffffL);
            int big = mode == Mode.SEGMENTED_32 ? 0x4000 : small ? 0 : 0xc000;
            m.lp.vmwrite(GUEST_ES_ACCESS_RIGHTS + 2 * i, rights | big);
        }
    }
}
