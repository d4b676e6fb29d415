package io.understudy.checkpoint.encoding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.checkpoint.CorruptStateException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** docs/formats/state-part.md, revision 1. */
final class StatePartTest {
    private final StateEncoder encoder = new StateEncoder();
    private final StateDecoder decoder = new StateDecoder();

    /** Golden bytes: "machine state" raw, then the same state, then one byte changed. */
    @Test
    void goldenParts() {
        byte[] first =
                "machine state of 24 byte".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        assertThat(hex(encoded(first, 0)))
                .isEqualTo("020018001800" + HexFormat.of().formatHex(first));
        encoder.end(1);
        assertThat(hex(encoded(first, 1))).isEqualTo("010018000000");
        encoder.end(2);
        byte[] second = first.clone();
        second[0] = 'M';
        // A difference: LZ4 of 20 00 00 ... 00.
        assertThat(hex(encoded(second, 2))).startsWith("04001800").hasSizeLessThan(2 * 24);
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void whateverChangesTheStateComesBackWhole(long seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] previous = new byte[0];
        byte[] state = new byte[random.nextInt(1, 200_000)];
        long epoch = 0;
        for (int i = 0; i < 60; i++) {
            mutate(state, random);
            byte[] into = new byte[state.length];
            int end = 0;
            encoder.begin(ByteBuffer.wrap(state).asReadOnlyBuffer(), epoch);
            while (encoder.hasMore()) {
                ByteBuffer batch = ByteBuffer.allocate(16 << 10).order(ByteOrder.LITTLE_ENDIAN);
                encoder.fill(batch);
                end = decoder.decode(batch.flip(), i, previous, into, end, into.length);
            }
            assertThat(end).isEqualTo(state.length);
            assertThat(into).as("seed %d", seed).isEqualTo(state);
            if (random.nextInt(4) == 0) {
                continue; // aborted: the next one builds on the epoch before
            }
            encoder.end(++epoch);
            previous = into;
            if (random.nextInt(8) == 0) {
                state = Arrays.copyOf(state, random.nextInt(1, 200_000));
            }
        }
    }

    @Test
    void everyErrorNamesWhatAndWhere() {
        refused("its header is truncated", "0100");
        refused("its reserved byte", "010105000000");
        refused("it stands for 0 bytes", "010000000000");
        refused("it stands for 8193 bytes", "010001200000");
        refused("it stands for 17 bytes, 16 were announced", "020011001100" + "00".repeat(17));
        refused("its payload of 9 bytes is truncated", "020008000900");
        refused("refers to state that the epoch before did not have", "010009000000");
        refused("an unchanged part has no payload", "01000800010000");
        refused("a raw part of 8 bytes has 7", "020008000700" + "00".repeat(7));
        refused("its LZ4 block is malformed", "030008000100ff");
        refused("its LZ4 block holds 1 bytes, not 8", "0300080002001000");
        refused("encoding 9 is unknown", "090008000000");
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2})
    void mutatedPartsNeverDoHarm(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] previous = new byte[40_000];
        mutate(previous, random);
        encoded(previous, 0);
        encoder.end(1);
        byte[] next = previous.clone();
        mutate(next, random);
        byte[] good = encoded(next, 1);
        byte[] into = new byte[40_000];
        for (int i = 0; i < 5_000; i++) {
            byte[] bytes = Arrays.copyOf(good, random.nextInt(good.length + 20));
            for (int c = random.nextInt(4); c > 0 && bytes.length > 0; c--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            try {
                int end = decoder.decode(ByteBuffer.wrap(bytes), 2, previous, into, 0, 40_000);
                assertThat(end).isBetween(0, 40_000);
            } catch (CorruptStateException e) {
                assertThat(e.getMessage()).startsWith("machine state of epoch 2, part at byte ");
            }
        }
    }

    private void refused(String why, String hex) {
        byte[] parts = HexFormat.of().parseHex(hex);
        assertThatThrownBy(() ->
                        decoder.decode(ByteBuffer.wrap(parts), 7, new byte[8], new byte[16], 0, 16))
                .isInstanceOf(CorruptStateException.class)
                .hasMessageStartingWith("machine state of epoch 7, part at byte 0: ")
                .hasMessageContaining(why);
    }

    private byte[] encoded(byte[] state, long buildsOn) {
        ByteBuffer batch = ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
        encoder.begin(ByteBuffer.wrap(state), buildsOn);
        encoder.fill(batch);
        assertThat(encoder.hasMore()).isFalse();
        return Arrays.copyOf(batch.array(), batch.position());
    }

    private static void mutate(byte[] state, SplittableRandom random) {
        switch (random.nextInt(3)) {
            case 0 -> random.nextBytes(state);
            case 1 -> {
                for (int c = 0; c < 20; c++) {
                    state[random.nextInt(state.length)]++;
                }
            }
            default -> Arrays.fill(state, random.nextInt(state.length), state.length, (byte) 7);
        }
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
