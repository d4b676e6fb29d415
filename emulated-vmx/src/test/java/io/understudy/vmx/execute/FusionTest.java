package io.understudy.vmx.execute;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.vmx.cpu.Cpu;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random code gives one result whether its blocks run whole, with fused operations, or one
 * instruction at a time, and any budget in between; up to the instruction that faults.
 */
final class FusionTest {
    private static final int PROGRAMS = 200;
    private static final int INSTRUCTIONS = 40;
    private static final long NOWHERE = 0x3f_0000;
    private final Guest guest = new Guest();
    private final Guest compiling = new Guest(1);

    @BeforeEach
    void unmap() {
        guest.frames[(int) (NOWHERE >>> 12)] = -1;
        compiling.frames[(int) (NOWHERE >>> 12)] = -1;
    }

    @AfterEach
    void close() {
        guest.close();
        compiling.close();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void wholeBlocksAndSingleStepsAgree(long seed) {
        Random random = new Random(seed);
        for (int p = 0; p < PROGRAMS; p++) {
            String program = program(random);
            long registers = random.nextLong();
            String whole = outcome(program, registers, Long.MAX_VALUE);
            for (long slice : new long[] {1, 2 + random.nextInt(5)}) {
                assertThat(outcome(program, registers, slice))
                        .as("seed %d, program %d %s, slices of %d", seed, p, program, slice)
                        .isEqualTo(whole);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {5, 6})
    void compiledBlocksAgree(long seed) {
        Random random = new Random(seed);
        for (int p = 0; p < PROGRAMS / 4; p++) {
            String program = program(random);
            long registers = random.nextLong();
            guest.put(Guest.CODE, program + "f4");
            compiling.put(Guest.CODE, program + "f4");
            // Ends a budget in each block, which compiles it.
            outcome(compiling, registers, 1);
            for (long slice : new long[] {Long.MAX_VALUE, 3 + random.nextInt(9)}) {
                assertThat(outcome(compiling, registers, slice))
                        .as("seed %d, program %d %s, slices of %d", seed, p, program, slice)
                        .isEqualTo(outcome(guest, registers, slice));
            }
        }
        assertThat(compiling.executor.compiledBlocks()).isGreaterThan(PROGRAMS / 4);
    }

    private String outcome(String program, long seed, long slice) {
        guest.put(Guest.CODE, program + "f4");
        return outcome(guest, seed, slice);
    }

    /** Runs what is at {@link Guest#CODE} and tells all that a program can see afterwards. */
    private static String outcome(Guest guest, long seed, long slice) {
        Random random = new Random(seed);
        for (int r = 0; r < 16; r++) {
            if (r != Cpu.RSP) {
                guest.cpu.gpr[r] = random.nextBoolean() ? random.nextLong() : random.nextInt(4) - 2;
            }
        }
        Flags.setRflags(guest.cpu, 2);
        guest.cpu.gpr[Cpu.RBP] = Guest.DATA;
        guest.cpu.gpr[6] = NOWHERE;
        guest.physical.write64(Guest.DATA, random.nextLong());
        guest.physical.write64(Guest.DATA + 8, random.nextLong());
        guest.cpu.rip = Guest.CODE;
        long retired = 0;
        do {
            guest.resume(slice);
            retired += guest.retired();
        } while (guest.budgetEnded);
        StringBuilder state = new StringBuilder();
        for (int r = 0; r < 16; r++) {
            state.append(Long.toHexString(guest.reg(r))).append(' ');
        }
        return state.append(Flags.rflags(guest.cpu))
                .append(" rip ")
                .append(Long.toHexString(guest.cpu.rip))
                .append(" retired ")
                .append(retired)
                .append(" fault ")
                .append(guest.vector)
                .append(' ')
                .append(guest.physical.read64(Guest.DATA))
                .append(' ')
                .append(guest.physical.read64(Guest.DATA + 8))
                .toString();
    }

    private static String program(Random random) {
        StringBuilder code = new StringBuilder();
        for (int i = 0; i < INSTRUCTIONS; i++) {
            code.append(instruction(random));
        }
        return code.toString();
    }

    /** One instruction on RAX, RCX, RDX or RBX; branches skip at most the next. */
    private static String instruction(Random random) {
        String wide = random.nextBoolean() ? "48" : "";
        int modRm = 0xc0 | random.nextInt(4) << 3 | random.nextInt(4);
        int alu = random.nextInt(8) << 3;
        int immediate = random.nextInt(256);
        if (random.nextInt(40) == 0) {
            return FAULTING[random.nextInt(FAULTING.length)];
        }
        return switch (random.nextInt(11)) {
            case 0, 1, 2 -> "%s89%02x".formatted(wide, modRm);
            case 3 -> "%s%02x%02x".formatted(wide, alu | 1, modRm);
            case 4 -> "%s83%02x%02x".formatted(wide, 0xc0 | alu | random.nextInt(4), immediate);
            case 5 ->
                    "%sc1%02x%02x"
                            .formatted(
                                    wide,
                                    0xc0 | SHIFTS[random.nextInt(5)] | (modRm & 3),
                                    immediate);
            case 6 -> "%sff%02x".formatted(wide, 0xc0 | random.nextInt(2) << 3 | (modRm & 3));
            case 7 -> compare(random, wide, modRm, immediate) + branch(random);
            case 8 ->
                    "%sff%02x%s%s%s"
                            .formatted(
                                    wide,
                                    0xc0 | random.nextInt(2) << 3 | (modRm & 3),
                                    wide,
                                    "39%02x".formatted(modRm),
                                    branch(random));
            case 9 -> MEMORY[random.nextInt(MEMORY.length)];
            default -> "%s%02x%02x%s".formatted(wide, alu | 1, modRm, branch(random));
        };
    }

    /** Accesses through RBP, which points to memory. */
    private static final String[] MEMORY = {
        "488b4d00", "48894500", "014500", "0fb65501", "83450007", "483b4500", "88550c", "ff4508",
    };

    /** Accesses through RSI, which points to nothing, and a division by zero through [RBP+0x40]. */
    private static final String[] FAULTING = {
        "488b0e",
        "48890e",
        "0106",
        "0fb616",
        "833e05",
        "8706",
        "0fab06",
        "ff36",
        "48f77540",
        "0f940e",
        "480f4406",
        "0fc106",
    };

    /** ROL, ROR, SHL, SHR, SAR. */
    private static final int[] SHIFTS = {0, 1 << 3, 4 << 3, 5 << 3, 7 << 3};

    private static String compare(Random random, String wide, int modRm, int immediate) {
        return switch (random.nextInt(6)) {
            case 0 -> "%s39%02x".formatted(wide, modRm);
            case 1 -> "%s85%02x".formatted(wide, modRm);
            case 2 -> "38%02x".formatted(modRm);
            case 3 -> "%s394d00".formatted(wide); // cmp [rbp],rcx
            case 4 -> "%s3b5500".formatted(wide); // cmp rdx,[rbp]
            default -> "f64500%02x".formatted(immediate); // test byte [rbp],imm8
        };
    }

    /** Jcc over MOV CL,imm8. */
    private static String branch(Random random) {
        return "7%x02b1%02x".formatted(random.nextInt(16), random.nextInt(256));
    }
}
