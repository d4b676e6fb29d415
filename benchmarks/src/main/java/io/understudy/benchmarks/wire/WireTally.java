package io.understudy.benchmarks.wire;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Adds up what each codec, and the product's choice among them, would send for a stream of dirty
 * pages. A page sent for the first time has no old content and goes as LZ4 under every codec.
 */
final class WireTally {
    /**
     * @param pages how many pages were of this class
     * @param bytes what they came to, headers included
     */
    record Line(long pages, long bytes) {
        Line plus(long more) {
            return new Line(pages + 1, bytes + more);
        }
    }

    private static final Line NOTHING = new Line(0, 0);

    private final List<DifferenceCodec> codecs =
            List.of(
                    new Lz4Codecs.Plain(),
                    new XbzrleCodec(),
                    new RunLengthCodec(),
                    new WordsCodec(),
                    new Lz4Codecs.Difference());
    private final Map<String, Long> bytesByCodec = new LinkedHashMap<>();
    private final Map<String, Line> cheapest = new LinkedHashMap<>();
    private final byte[] out = new byte[Pages.BYTES];
    private long pages;

    /** The page is dirty; {@code old} is what was sent last, all zero for a page never sent. */
    void add(byte[] old, byte[] page, boolean wasSent) {
        pages++;
        int plain = 0;
        int delta = Pages.BYTES;
        boolean hasWords = false;
        for (DifferenceCodec codec : codecs) {
            int length = codec.encode(old, page, out);
            int sent = length == DifferenceCodec.TOO_LONG ? Pages.BYTES : length;
            if (codec instanceof Lz4Codecs.Plain) {
                plain = sent;
            } else if (!wasSent) {
                sent = plain;
            } else if (codec instanceof WordsCodec) {
                // The product does not look any further.
                hasWords = length != DifferenceCodec.TOO_LONG;
                delta = sent;
            } else if (codec instanceof Lz4Codecs.Difference) {
                delta = hasWords ? delta : sent;
            }
            if (Pages.isZero(page)) {
                sent = 0;
            }
            bytesByCodec.merge(codec.name(), (long) Pages.RECORD_BYTES + sent, Long::sum);
        }
        choose(old, page, wasSent, plain, delta, hasWords);
    }

    long pages() {
        return pages;
    }

    Map<String, Long> bytesByCodec() {
        return bytesByCodec;
    }

    /** The product's choice, by class. */
    Map<String, Line> cheapest() {
        return cheapest;
    }

    long cheapestBytes() {
        return cheapest.values().stream().mapToLong(Line::bytes).sum();
    }

    private void choose(
            byte[] old, byte[] page, boolean wasSent, int plain, int delta, boolean hasWords) {
        if (Arrays.equals(old, page)) {
            count("same", 0);
        } else if (Pages.isZero(page)) {
            count("zero", Pages.RECORD_BYTES);
        } else if (wasSent && hasWords) {
            count("words", Pages.RECORD_BYTES + delta);
        } else if (wasSent && delta <= plain && delta < Pages.BYTES) {
            count("delta", Pages.RECORD_BYTES + delta);
        } else if (plain < Pages.BYTES) {
            count("lz4", Pages.RECORD_BYTES + plain);
        } else {
            count("raw", Pages.RECORD_BYTES + Pages.BYTES);
        }
    }

    private void count(String name, long bytes) {
        cheapest.put(name, cheapest.getOrDefault(name, NOTHING).plus(bytes));
    }
}
