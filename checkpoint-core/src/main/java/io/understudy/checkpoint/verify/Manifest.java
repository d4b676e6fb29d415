package io.understudy.checkpoint.verify;

import io.understudy.checkpoint.CorruptStateException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** Section "manifest" of {@code docs/formats/checkpoint.md}. */
record Manifest(long first, long restorable, long last, List<Entry> entries, List<Epoch> epochs) {
    static final int BYTES_MAX = 16 << 20;

    private static final int ENTRY = 64;
    private static final int EPOCH = 32;
    private static final int ENTRIES_MAX = 65_536;

    /**
     * @param sha256 in hexadecimal
     */
    record Entry(int kind, long epoch, long stored, long plain, String sha256) {
        String name() {
            return switch (kind) {
                case 1 -> "head";
                case 2 -> "epoch-%020d.lz4".formatted(epoch);
                default -> "image-%020d.lz4".formatted(epoch);
            };
        }
    }

    record Epoch(long epoch, long instruction, long outputOffset, long pages) {}

    static Manifest read(String where, byte[] bytes, MessageDigest sha256)
            throws IOException, CorruptStateException {
        Records records = Head.afterPrefix(where, bytes, "USDYMNFS");
        List<Entry> entries = new ArrayList<>();
        List<Epoch> epochs = new ArrayList<>();
        long[] totals = new long[0];
        boolean isDigested = false;
        while (records.advance()) {
            if (isDigested) {
                throw records.wrong("a record behind its digest");
            }
            switch (records.type()) {
                case 32 -> {
                    totals =
                            new long[] {
                                records.u64(),
                                records.u64(),
                                records.u64(),
                                records.u32(),
                                records.u32()
                            };
                    records.done();
                }
                case 33 -> entries(records, entries);
                case 34 -> epochs(records, epochs);
                case 35 -> {
                    records.u64();
                    records.done();
                }
                case 36 -> {
                    long before = 16 + records.consumed() - 8 - records.bytes().length;
                    sha256.update(bytes, 0, (int) before);
                    if (!Arrays.equals(sha256.digest(), records.bytes())) {
                        throw records.wrong("its own SHA-256 is wrong");
                    }
                    isDigested = true;
                }
                default -> records.unknown();
            }
        }
        if (!isDigested || totals.length == 0 || entries.isEmpty() || epochs.isEmpty()) {
            throw records.wrong("a record that it must have is missing");
        }
        Manifest manifest =
                new Manifest(
                        totals[0], totals[1], totals[2], List.copyOf(entries), List.copyOf(epochs));
        manifest.checkOrder(records, totals[3], totals[4]);
        return manifest;
    }

    /** head, then epochs in rising order, each with at most one image part right behind it. */
    private void checkOrder(Records records, long epochCount, long partCount)
            throws CorruptStateException {
        long parts = 0;
        int epoch = 0;
        long lastPart = 0;
        boolean ok = entries.getFirst().kind() == 1;
        for (int i = 1; i < entries.size() && ok; i++) {
            Entry entry = entries.get(i);
            if (entry.kind() == 2) {
                ok = epoch < epochs.size() && epochs.get(epoch).epoch() == entry.epoch();
                ok &= epoch == 0 || entry.epoch() > epochs.get(epoch - 1).epoch();
                epoch++;
            } else {
                ok = entry.kind() == 3 && entries.get(i - 1).kind() == 2;
                ok &= entries.get(i - 1).epoch() == entry.epoch();
                parts++;
                lastPart = entry.epoch();
            }
        }
        ok &= epoch == epochs.size() && epoch == epochCount && parts == partCount && parts > 0;
        ok &= first == epochs.getFirst().epoch() && last == epochs.getLast().epoch();
        if (!ok || lastPart != restorable || first < 1) {
            throw records.wrong("entries, epochs and totals do not fit each other");
        }
    }

    private static void entries(Records records, List<Entry> entries) throws CorruptStateException {
        ByteBuffer in = ByteBuffer.wrap(records.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        if (in.remaining() % ENTRY != 0 || entries.size() + in.remaining() / ENTRY > ENTRIES_MAX) {
            throw records.wrong("half an entry, or too many");
        }
        while (in.hasRemaining()) {
            int kind = in.getInt();
            int reserved = in.getInt();
            long epoch = in.getLong();
            long stored = in.getLong();
            long plain = in.getLong();
            byte[] sha256 = new byte[32];
            in.get(sha256);
            Entry entry = new Entry(kind, epoch, stored, plain, HexFormat.of().formatHex(sha256));
            if (kind < 1 || kind > 3 || reserved != 0 || entry.stored() < 1 || entry.plain() < 1) {
                throw records.wrong("an entry that cannot be");
            }
            entries.add(entry);
        }
    }

    private static void epochs(Records records, List<Epoch> epochs) throws CorruptStateException {
        ByteBuffer in = ByteBuffer.wrap(records.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        if (in.remaining() % EPOCH != 0 || epochs.size() + in.remaining() / EPOCH > ENTRIES_MAX) {
            throw records.wrong("half an epoch, or too many");
        }
        while (in.hasRemaining()) {
            epochs.add(
                    new Epoch(
                            in.getLong(),
                            in.getLong(),
                            in.getLong(),
                            Integer.toUnsignedLong(in.getInt())));
            if (in.getInt() != 0) {
                throw records.wrong("a reserved field that is not 0");
            }
        }
    }
}
