package io.understudy.vmx.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Any bytes: no exception, a length of 1 to 15, one answer whatever follows, and INCOMPLETE exactly
 * for the proper beginnings. {@code -Dunderstudy.decoder.fuzz=N} sets the number of inputs.
 */
final class DecoderFuzzTest {
    private static final long SEED = Long.getLong("understudy.decoder.seed", 20261122);
    private static final int INPUTS = Integer.getInteger("understudy.decoder.fuzz", 1_000_000);
    private static final int WINDOW = 17;
    private static final int[] PREFIXES = {
        0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x2e, 0x64, 0x65, 0x40, 0x48, 0x4f, 0x0f, 0xc4, 0xc5
    };

    /** Beginnings that random bytes would hardly ever hit. */
    private static final String[] OPENINGS = {
        "0f",
        "0f01",
        "0f38",
        "0fae",
        "0fc7",
        "f30fae",
        "f30f1e",
        "660f38",
        "f20f38f0",
        "660f38f6",
        "f30f38f6",
        "c4e2",
        "c4e378",
        "c4e37b",
        "c4e278f2",
        "c4e27af5",
        "c4e27bf6",
        "c4e279f7",
        "c4e278f7",
        "c4e27bf7",
        "c4e27bf0",
        "c4e278f3",
        "660fc7",
        "c4e37bf0",
        "660f3882",
        "660f",
        "f30f",
        "f20f",
        "660f3a",
        "66480f3a60",
        "66480f3a61",
        "0f3acc",
        "660f73",
        "f30f1efa"
    };

    private static final int[] CODE_BITS = {64, 64, 64, 32, 16};

    private final SplittableRandom random = new SplittableRandom(SEED);

    @Test
    void anyBytesDecodeToOneAnswer() {
        System.out.println("DecoderFuzzTest seed " + SEED + ", inputs " + INPUTS);
        byte[] bytes = new byte[WINDOW];
        Set<Opcode> seen = EnumSet.noneOf(Opcode.class);
        for (int i = 0; i < INPUTS; i++) {
            mutate(bytes);
            int codeBits = CODE_BITS[random.nextInt(CODE_BITS.length)];
            try {
                seen.add(check(bytes, codeBits).opcode());
            } catch (RuntimeException | AssertionError e) {
                fail("seed " + SEED + " input " + i + ": " + HexFormat.of().formatHex(bytes), e);
            }
        }
        assertThat(EnumSet.complementOf(EnumSet.copyOf(seen)))
                .as("operations that no input reached")
                .containsExactly(Opcode.INCOMPLETE);
    }

    private void mutate(byte[] bytes) {
        random.nextBytes(bytes);
        int prefixes = random.nextInt(4) == 0 ? random.nextInt(16) : random.nextInt(4);
        for (int i = 0; i < prefixes; i++) {
            bytes[i] = (byte) PREFIXES[random.nextInt(PREFIXES.length)];
        }
        if (random.nextBoolean()) {
            byte[] opening = HexFormat.of().parseHex(OPENINGS[random.nextInt(OPENINGS.length)]);
            int at = Math.min(random.nextInt(4) == 0 ? prefixes : 0, WINDOW - opening.length);
            System.arraycopy(opening, 0, bytes, at, opening.length);
        }
    }

    private static Insn check(byte[] bytes, int codeBits) {
        Insn whole = Decoder.decode(bytes, 0, WINDOW, codeBits);
        int length = whole.length();
        assertThat(length).isBetween(1, Decoder.LENGTH_MAX);
        assertThat(whole.opcode()).isNotEqualTo(Opcode.INCOMPLETE);
        for (int n = 0; n < WINDOW; n++) {
            Insn part = Decoder.decode(bytes, 0, n, codeBits);
            if (n >= length) {
                if (!part.equals(whole)) {
                    fail("with %d bytes %s, with all %s".formatted(n, part, whole));
                }
            } else if (part.opcode() != Opcode.INCOMPLETE) {
                fail("with %d of %d bytes %s".formatted(n, length, part));
            }
        }
        checkRanges(whole);
        return whole;
    }

    /** What executors index arrays with. */
    private static void checkRanges(Insn insn) {
        boolean inRange =
                insn.register0() >= 0
                        && insn.register0() < 16
                        && insn.register1() >= 0
                        && insn.register1() < 16
                        && insn.register2() >= 0
                        && insn.register2() < 16
                        && insn.base() >= 0
                        && insn.base() <= Insn.RIP_BASE
                        && insn.index() >= 0
                        && insn.index() <= Insn.NO_REGISTER
                        && insn.segment() >= 0
                        && insn.segment() <= Insn.GS
                        && insn.scale() >= 0
                        && insn.scale() <= 3;
        if (!inRange) {
            fail("out of range: " + insn);
        }
    }
}
