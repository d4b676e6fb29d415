package io.understudy.checkpoint.verify;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.understudy.checkpoint.CorruptStateException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.util.ArrayList;
import java.util.List;

/** Finds the entries of a ustar archive that holds plain files only and ends with "manifest". */
final class TarWalk {
    /**
     * @param offset of the content in the file
     */
    record Found(String name, long offset, long size) {}

    private static final int BLOCK = 512;
    private static final int ENTRIES_MAX = 65_536 + 1;
    private static final int PADDING_MAX = 20_480;
    private static final long SIZE_MAX = 1L << 60;

    private TarWalk() {}

    static List<Found> entries(String file, RandomAccessFile in)
            throws IOException, CorruptStateException {
        long length = in.length();
        List<Found> found = new ArrayList<>();
        byte[] header = new byte[BLOCK];
        long at = 0;
        while (found.isEmpty() || !found.getLast().name().equals("manifest")) {
            if (length - at < BLOCK) {
                throw new CorruptStateException(file + ": ends before its manifest");
            }
            in.seek(at);
            in.readFully(header);
            Found entry = entry(file, header, at);
            if (entry.size() > length - entry.offset() || found.size() == ENTRIES_MAX) {
                throw new CorruptStateException(
                        "%s: %s: too large or too many".formatted(file, entry.name()));
            }
            found.add(entry);
            at = entry.offset() + (entry.size() + BLOCK - 1) / BLOCK * BLOCK;
        }
        if (at > length || length - at > PADDING_MAX) {
            throw new CorruptStateException(
                    "%s: %d bytes follow the manifest".formatted(file, length - at));
        }
        byte[] padding = new byte[(int) (length - at)];
        in.seek(at);
        in.readFully(padding);
        for (byte b : padding) {
            if (b != 0) {
                throw new CorruptStateException(file + ": more follows the manifest");
            }
        }
        return found;
    }

    private static Found entry(String file, byte[] header, long at) throws CorruptStateException {
        String where = "%s: header at byte %d".formatted(file, at);
        int sum = 0;
        for (int i = 0; i < BLOCK; i++) {
            sum += i >= 148 && i < 156 ? ' ' : header[i] & 0xff;
        }
        if (sum != number(where, header, 148, 8)) {
            throw new CorruptStateException(where + ": wrong checksum");
        }
        if (!text(header, 257, 5).equals("ustar") || header[156] != '0' || header[345] != 0) {
            throw new CorruptStateException(where + ": not a plain file in ustar form");
        }
        String name = text(header, 0, 100);
        if (!name.matches("head|manifest|(epoch|image)-[0-9]{20}\\.lz4")) {
            throw new CorruptStateException(where + ": a name that no entry has");
        }
        return new Found(name, at + BLOCK, number(where, header, 124, 12));
    }

    private static long number(String where, byte[] header, int at, int length)
            throws CorruptStateException {
        String digits = text(header, at, length).trim();
        if (!digits.matches("[0-7]{1,20}")) {
            throw new CorruptStateException(
                    where + ": not a number: " + digits.length() + " bytes");
        }
        long value = Long.parseLong(digits, 8);
        if (value > SIZE_MAX) {
            throw new CorruptStateException(where + ": absurd number");
        }
        return value;
    }

    private static String text(byte[] bytes, int at, int length) {
        int end = at;
        while (end < at + length && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, at, end - at, ISO_8859_1);
    }
}
