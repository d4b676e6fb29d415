package io.understudy.checkpoint.verify;

import io.understudy.checkpoint.CorruptStateException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** Section "head" of {@code docs/formats/checkpoint.md}, and the prefix that manifests share. */
record Head(int revision, UUID lineage, long key, Machine machine) {
    /**
     * @param components name and version of each, as "name 1"
     */
    record Machine(List<Long> pagesOfRegions, List<String> components) {
        long pages() {
            return pagesOfRegions.stream().mapToLong(Long::longValue).sum();
        }
    }

    static final int BYTES_MAX = 1_048_576;
    static final int REVISION_NEWEST = 2;
    static final int REVISION_OLDEST = 1;

    private static final int PREFIX = 16;

    /** Checks magic, revision and reserved field; returns the records behind them. */
    static Records afterPrefix(String where, byte[] bytes, String magic)
            throws CorruptStateException {
        if (bytes.length < PREFIX
                || !new String(bytes, 0, 8, java.nio.charset.StandardCharsets.ISO_8859_1)
                        .equals(magic)) {
            throw new CorruptStateException(where + ": does not begin with " + magic);
        }
        ByteBuffer prefix = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int revision = prefix.getInt(8);
        if (revision < REVISION_OLDEST || revision > REVISION_NEWEST || prefix.getInt(12) != 0) {
            throw new CorruptStateException(
                    "%s: revision %s, reserved field %d; revisions %d to %d can be verified"
                            .formatted(
                                    where,
                                    Integer.toUnsignedString(revision),
                                    prefix.getInt(12),
                                    REVISION_OLDEST,
                                    REVISION_NEWEST));
        }
        return new Records(where, new ByteArrayInputStream(bytes, PREFIX, bytes.length - PREFIX));
    }

    static Head read(String where, byte[] bytes) throws IOException, CorruptStateException {
        Records records = afterPrefix(where, bytes, "USDYCKPT");
        UUID lineage = new UUID(0, 0);
        long key = 0;
        Machine machine = new Machine(List.of(), List.of());
        Set<Integer> found = new HashSet<>();
        while (records.advance()) {
            switch (records.type()) {
                case 2 -> lineage = new UUID(records.u64(), records.u64());
                case 3 -> key = records.u64();
                case 4 -> machine = machine(records);
                case 5 -> records.u64();
                case 6, 7 -> records.text();
                default -> {
                    records.unknown();
                    continue;
                }
            }
            records.done();
            if (!found.add(records.type()) && records.type() <= 4) {
                throw records.wrong("record of type %d comes twice".formatted(records.type()));
            }
        }
        if (!found.containsAll(Set.of(2, 3, 4))) {
            throw records.wrong("lineage, digest key or machine is missing");
        }
        return new Head(
                ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(8),
                lineage,
                key,
                machine);
    }

    private static Machine machine(Records records) throws CorruptStateException {
        records.text();
        long regions = records.u32();
        if (regions < 1 || regions > 64) {
            throw records.wrong("%d memory regions".formatted(regions));
        }
        List<Long> pages = new ArrayList<>();
        for (int i = 0; i < regions; i++) {
            records.text();
            long count = records.u64();
            if (count < 1 || count > 1L << 31) {
                throw records.wrong("a region of %s pages".formatted(Long.toUnsignedString(count)));
            }
            pages.add(count);
        }
        long components = records.u32();
        if (components > 1024) {
            throw records.wrong("%d components".formatted(components));
        }
        List<String> named = new ArrayList<>();
        for (int i = 0; i < components; i++) {
            named.add(records.text() + " " + records.u32());
        }
        return new Machine(pages, named);
    }
}
