package io.understudy.checkpoint.file;

import io.understudy.checkpoint.Invariant;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import net.jpountz.lz4.LZ4FrameInputStream;
import net.jpountz.lz4.LZ4FrameOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarFile;

/**
 * Takes a segment apart and puts it together again after its content was tampered with, with a
 * manifest whose sizes and checksums fit: so that what is behind them is put to the test.
 */
final class Forge {
    /** Decompressed content by name; the manifest is made anew. */
    final Map<String, byte[]> plain = new LinkedHashMap<>();

    /** What is stored instead of the compressed content. */
    final Map<String, byte[]> stored = new LinkedHashMap<>();

    /** What the manifest says of plain sizes, where it lies. */
    final Map<String, Long> plainBytes = new LinkedHashMap<>();

    long restorableFrom = 814;
    byte[] moreManifest = new byte[0];

    Forge(Path segment) throws IOException {
        try (TarFile tar = new TarFile(segment)) {
            for (TarArchiveEntry entry : tar.getEntries()) {
                byte[] content = tar.getInputStream(entry).readAllBytes();
                boolean isFrame = entry.getName().endsWith(".lz4");
                if (!entry.getName().equals("manifest")) {
                    plain.put(
                            entry.getName(),
                            isFrame
                                    ? new LZ4FrameInputStream(new ByteArrayInputStream(content))
                                            .readAllBytes()
                                    : content);
                }
            }
        }
    }

    static String epoch(long epoch) {
        return "epoch-%020d.lz4".formatted(epoch);
    }

    static String image(long epoch) {
        return "image-%020d.lz4".formatted(epoch);
    }

    /** Decompressed content of an entry. */
    byte[] content(String name) {
        return Invariant.present(plain.get(name), "the segment has an entry " + name);
    }

    /** Fields of an entry, to be changed in place. */
    ByteBuffer edit(String name) {
        return ByteBuffer.wrap(content(name)).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Puts a record in front of the last one. */
    void addRecord(String name, int type, int flags, byte[] content) {
        byte[] old = content(name);
        plain.put(name, insert(old, old.length - 8, record(type, flags, content)));
    }

    static byte[] record(int type, int flags, byte[] content) {
        return ByteBuffer.allocate(8 + content.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putShort((short) type)
                .putShort((short) flags)
                .putInt(content.length)
                .put(content)
                .array();
    }

    static byte[] insert(byte[] into, int at, byte[] what) {
        byte[] result = new byte[into.length + what.length];
        System.arraycopy(into, 0, result, 0, at);
        System.arraycopy(what, 0, result, at, what.length);
        System.arraycopy(into, at, result, at + what.length, into.length - at);
        return result;
    }

    static byte[] frame(byte[] content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (LZ4FrameOutputStream frame = new LZ4FrameOutputStream(bytes)) {
            frame.write(content);
        }
        return bytes.toByteArray();
    }

    /** Changes a few random bytes of random entries. */
    void mutate(SplittableRandom random) {
        for (int c = random.nextInt(1, 4); c > 0; c--) {
            String name = plain.keySet().stream().toList().get(random.nextInt(plain.size()));
            byte[] content = content(name);
            int at =
                    random.nextInt(
                            random.nextBoolean() ? Math.min(140, content.length) : content.length);
            content[at] = (byte) random.nextInt();
        }
    }

    Path write(Path file) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
            ByteArrayOutputStream entries = new ByteArrayOutputStream();
            ByteArrayOutputStream epochs = new ByteArrayOutputStream();
            int epochCount = 0;
            int parts = 0;
            long first = 0;
            long last = 0;
            for (Map.Entry<String, byte[]> each : plain.entrySet()) {
                String name = each.getKey();
                byte[] content = each.getValue();
                boolean isFrame = name.endsWith(".lz4");
                byte[] inTar = stored.getOrDefault(name, isFrame ? frame(content) : content);
                put(tar, name, inTar);
                long epoch = isFrame ? Long.parseLong(name.substring(6, 26)) : 0;
                int kind = !isFrame ? 1 : name.startsWith("epoch") ? 2 : 3;
                entries.write(
                        ByteBuffer.allocate(64)
                                .order(ByteOrder.LITTLE_ENDIAN)
                                .putInt(kind)
                                .putInt(0)
                                .putLong(epoch)
                                .putLong(inTar.length)
                                .putLong(plainBytes.getOrDefault(name, (long) content.length))
                                .put(MessageDigest.getInstance("SHA-256").digest(inTar))
                                .array());
                parts += kind == 3 ? 1 : 0;
                if (kind == 2) {
                    epochCount++;
                    first = first == 0 ? epoch : first;
                    last = epoch;
                    ByteBuffer fields = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
                    epochs.write(
                            ByteBuffer.allocate(32)
                                    .order(ByteOrder.LITTLE_ENDIAN)
                                    .putLong(epoch)
                                    .putLong(fields.getLong(24))
                                    .putLong(fields.getLong(32))
                                    .putInt(fields.getInt(40))
                                    .putInt(0)
                                    .array());
                }
            }
            ByteBuffer totals = ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN);
            totals.putLong(first).putLong(restorableFrom).putLong(last);
            totals.putInt(epochCount).putInt(parts);
            ByteArrayOutputStream manifest = new ByteArrayOutputStream();
            manifest.write("USDYMNFS".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            manifest.write(content("head"), 8, 8);
            manifest.write(record(32, 0, totals.array()));
            manifest.write(record(33, 0, entries.toByteArray()));
            manifest.write(record(34, 0, epochs.toByteArray()));
            manifest.write(moreManifest);
            byte[] sha256 = MessageDigest.getInstance("SHA-256").digest(manifest.toByteArray());
            manifest.write(record(36, 0, sha256));
            manifest.write(record(1, 0, new byte[0]));
            put(tar, "manifest", manifest.toByteArray());
        }
        return Files.write(file, bytes.toByteArray());
    }

    private static void put(TarArchiveOutputStream tar, String name, byte[] content)
            throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setSize(content.length);
        entry.setNames("", "");
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
    }
}
