package io.understudy.benchmarks.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class DifferenceCodecTest {
    private static final int FIRST = 1001;

    private final byte[] out = new byte[Pages.BYTES];

    /** The example that QEMU publishes with XBZRLE: 24 bytes. */
    @Test
    void xbzrleEncodesItsPublishedExample() {
        byte[] old = page("05060708090a0b0c0d0e0f10111213" + "6800006b006d");
        byte[] page = page("0102030405060708090a0b0c0d0e0f" + "680000670069");
        int length = new XbzrleCodec().encode(old, page, out);
        assertThat(HexFormat.of().formatHex(out, 0, length))
                .isEqualTo("e9070f0102030405060708090a0b0c0d0e0f030167010169");
        assertThat(new XbzrleCodec().encode(old, old, out)).isZero();
    }

    @Test
    void remusRunsAreAtMost127WordsLong() {
        RunLengthCodec codec = new RunLengthCodec();
        byte[] old = new byte[Pages.BYTES];
        byte[] page = new byte[Pages.BYTES];
        assertThat(codec.encode(old, page, out)).isEqualTo(1);
        assertThat(out[0]).isZero();
        page[4 * 200] = 1;
        int length = codec.encode(old, page, out);
        // skip 127, skip 73, one word, and 823 words to skip: six runs of 127 and one of 61.
        assertThat(HexFormat.of().formatHex(out, 0, 8)).isEqualTo("ffc90101000000ff");
        assertThat(length).isEqualTo(2 + 5 + 7);
        new SplittableRandom(1).nextBytes(page);
        assertThat(codec.encode(old, page, out)).isEqualTo(DifferenceCodec.TOO_LONG);
    }

    @Test
    void theTallyTakesTheCheapestOfEachPage() {
        WireTally tally = new WireTally();
        byte[] text = new byte[Pages.BYTES];
        Arrays.fill(text, (byte) 'a');
        byte[] noise = new byte[Pages.BYTES];
        new SplittableRandom(1).nextBytes(noise);
        byte[] changed = noise.clone();
        changed[77]++;
        byte[] zero = new byte[Pages.BYTES];
        tally.add(zero, text, false);
        tally.add(text, text, true);
        tally.add(zero, noise, false);
        tally.add(noise, changed, true);
        tally.add(changed, zero, true);
        assertThat(tally.cheapest().keySet())
                .containsExactlyInAnyOrder("lz4", "same", "raw", "words", "zero");
        assertThat(tally.cheapestBytes()).isBetween(4096L, 4400L);
    }

    private static byte[] page(String hex) {
        byte[] page = new byte[Pages.BYTES];
        byte[] bytes = HexFormat.of().parseHex(hex);
        System.arraycopy(bytes, 0, page, FIRST, bytes.length);
        return page;
    }
}
