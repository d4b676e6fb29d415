package io.understudy.drills.checker;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

/**
 * Verifies that a transcript is what the {@code counter} guest writes, from its first line on: line
 * numbers 1, 2, 3 … with none missing and none repeated, each line's checksum over its own bytes,
 * and each line's {@code state}, recomputed here from the line number. The guest itself verifies
 * its working set between lines; an {@code error} line of the guest is a finding too, and is how
 * memory that went back in time, or was lost, becomes visible.
 *
 * <p>Does not verify memory that the guest does not read back, when lines came, or that the last
 * line is complete.
 */
public final class CounterLineChecker {
    /** Enough to see the pattern of a failure. */
    private static final int FINDINGS_MAX = 20;

    /** Far longer than any line of the guest; keeps a runaway transcript bounded. */
    private static final int LINE_BYTES_MAX = 4096;

    private static final Pattern LINE =
            Pattern.compile("line (\\d{8,19}) state ([0-9a-f]{8}) crc ([0-9a-f]{8})");

    private final long writesPerLine;
    private final List<Finding> findings = new ArrayList<>();
    private final ByteArrayOutputStream partial = new ByteArrayOutputStream(64);
    private long offset;
    private long lines;
    private long expectedNumber = 1;

    /**
     * @param writesPerLine the guest's boot parameter {@code writes-per-line}
     */
    public CounterLineChecker(long writesPerLine) {
        this.writesPerLine = writesPerLine;
    }

    /** The next bytes of the transcript, which begins at console offset 0. */
    public void accept(byte[] bytes) {
        for (byte b : bytes) {
            offset++;
            if (b == '\n') {
                line(partial.toString(StandardCharsets.ISO_8859_1), offset - 1 - partial.size());
                partial.reset();
            } else if (partial.size() < LINE_BYTES_MAX) {
                partial.write(b);
            }
        }
    }

    /** Complete lines seen, good or bad. */
    public long lines() {
        return lines;
    }

    /** Bytes seen. */
    public long bytes() {
        return offset;
    }

    /** What was wrong, in order, at most the first twenty. */
    public List<Finding> findings() {
        return List.copyOf(findings);
    }

    /** The line with a number, without its line feed, as the guest writes it. */
    public static String expectedLine(long number, long writesPerLine) {
        String body =
                String.format(
                        Locale.ROOT,
                        "line %08d state %08x",
                        number,
                        mix(number * writesPerLine - 1) >>> 32);
        return String.format(Locale.ROOT, "%s crc %08x", body, crc32(body));
    }

    private void line(String text, long at) {
        lines++;
        if (text.startsWith("error")) {
            add(Finding.Kind.GUEST_ERROR, at, "the guest reports: " + text);
            return;
        }
        Matcher matcher = LINE.matcher(text);
        if (!matcher.matches() || !checksumHolds(text, matcher.group(3))) {
            add(
                    Finding.Kind.ALTERED,
                    at,
                    "not a line of the counter guest, or its checksum is wrong: '" + text + "'");
            return;
        }
        long number = Long.parseLong(matcher.group(1));
        if (number > expectedNumber) {
            add(
                    Finding.Kind.MISSING,
                    at,
                    "lines " + expectedNumber + " to " + (number - 1) + " are missing");
        } else if (number < expectedNumber) {
            add(
                    Finding.Kind.REPEATED,
                    at,
                    "line " + number + " came again when " + expectedNumber + " was due");
        }
        if (!text.equals(expectedLine(number, writesPerLine))) {
            add(Finding.Kind.ALTERED, at, "the state in '" + text + "' is not that of this line");
        }
        expectedNumber = number + 1;
    }

    private static boolean checksumHolds(String text, String written) {
        String body = text.substring(0, text.indexOf(" crc "));
        return Long.parseLong(written, 16) == crc32(body);
    }

    private static long crc32(String text) {
        CRC32 crc = new CRC32();
        crc.update(text.getBytes(StandardCharsets.ISO_8859_1));
        return crc.getValue();
    }

    /** SplitMix64, which the guest uses to derive the value of each write from its number. */
    private static long mix(long write) {
        long x = write + 0x9e3779b97f4a7c15L;
        x = (x ^ x >>> 30) * 0xbf58476d1ce4e5b9L;
        x = (x ^ x >>> 27) * 0x94d049bb133111ebL;
        return x ^ x >>> 31;
    }

    private void add(Finding.Kind kind, long at, String text) {
        if (findings.size() < FINDINGS_MAX) {
            findings.add(new Finding(kind, at, text));
        }
    }
}
