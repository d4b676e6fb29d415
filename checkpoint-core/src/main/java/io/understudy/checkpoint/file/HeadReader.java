package io.understudy.checkpoint.file;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.MachineLayout;
import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.StateReader;
import io.understudy.checkpoint.state.MachineState;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads the head of a segment. */
final class HeadReader {
    private final String where;
    private final int revision;
    private @Nullable UUID lineage;
    private @Nullable Long digestKey;
    private @Nullable MachineLayout layout;
    private long createdUnixMs;
    private String writer = "";
    private String node = "";

    private HeadReader(String where, int revision) {
        this.where = where;
        this.revision = revision;
    }

    static SegmentHead read(String where, byte[] bytes) throws IOException, CorruptStateException {
        StateReader prefix = prefix(where, bytes);
        if (prefix.u64("magic") != SegmentFormat.HEAD_MAGIC) {
            throw prefix.corrupt("magic", "is not USDYCKPT");
        }
        HeadReader reader = new HeadReader(where, revision(prefix));
        RecordReader records = afterPrefix(where, bytes);
        while (records.next()) {
            reader.take(records);
        }
        return reader.head();
    }

    /** The fixed fields before the records of head and manifest. */
    static StateReader prefix(String where, byte[] bytes) throws CorruptStateException {
        if (bytes.length < SegmentFormat.PREFIX_BYTES) {
            throw new CorruptStateException("%s: only %d bytes".formatted(where, bytes.length));
        }
        return new StateReader(where, java.util.Arrays.copyOf(bytes, SegmentFormat.PREFIX_BYTES));
    }

    /** Reads what follows the magic. */
    static int revision(StateReader prefix) throws CorruptStateException {
        int revision = prefix.u32("revision");
        if (revision < SegmentFormat.REVISION_MIN || revision > SegmentFormat.REVISION) {
            throw prefix.corrupt(
                    "revision",
                    "is %s, this program reads %d to %d"
                            .formatted(
                                    Integer.toUnsignedString(revision),
                                    SegmentFormat.REVISION_MIN,
                                    SegmentFormat.REVISION));
        }
        if (prefix.u32("reserved field") != 0) {
            throw prefix.corrupt("reserved field", "is not 0");
        }
        return revision;
    }

    static RecordReader afterPrefix(String where, byte[] bytes) {
        int length = bytes.length - SegmentFormat.PREFIX_BYTES;
        return new RecordReader(
                where, new ByteArrayInputStream(bytes, SegmentFormat.PREFIX_BYTES, length), length);
    }

    private void take(RecordReader records) throws CorruptStateException {
        switch (records.type()) {
            case SegmentFormat.LINEAGE -> {
                StateReader in = records.fields();
                once(lineage, "lineage");
                lineage = new UUID(in.u64("lineage"), in.u64("lineage"));
                in.end();
            }
            case SegmentFormat.DIGEST_KEY -> {
                StateReader in = records.fields();
                once(digestKey, "digest key");
                digestKey = in.u64("key");
                in.end();
            }
            case SegmentFormat.MACHINE -> {
                once(layout, "machine");
                layout = machine(records.fields());
            }
            case SegmentFormat.CREATED -> {
                StateReader in = records.fields();
                createdUnixMs = in.u64("time");
                in.end();
            }
            case SegmentFormat.WRITER -> writer = wholeText(records.fields(), "writer");
            case SegmentFormat.NODE -> node = wholeText(records.fields(), "node");
            default -> records.skipUnknown();
        }
    }

    private SegmentHead head() throws CorruptStateException {
        UUID itsLineage = lineage;
        Long itsKey = digestKey;
        MachineLayout itsLayout = layout;
        if (itsLineage == null || itsKey == null || itsLayout == null) {
            throw new CorruptStateException(
                    where
                            + ": the record of the "
                            + (itsLineage == null
                                    ? "lineage"
                                    : itsKey == null ? "digest key" : "machine")
                            + " is missing");
        }
        return new SegmentHead(
                revision, itsLineage, itsKey, itsLayout, createdUnixMs, writer, node);
    }

    private void once(@Nullable Object before, String what) throws CorruptStateException {
        if (before != null) {
            throw new CorruptStateException(where + ": the record of the " + what + " comes twice");
        }
    }

    private static MachineLayout machine(StateReader in) throws CorruptStateException {
        String kind = text(in, "kind");
        int regionCount = in.u32("number of regions");
        if (regionCount < 1 || regionCount > SegmentFormat.REGIONS_MAX) {
            throw in.corrupt("number of regions", "is " + Integer.toUnsignedString(regionCount));
        }
        List<MemoryRegion> regions = new ArrayList<>();
        for (int i = 0; i < regionCount; i++) {
            String name = text(in, "name of region " + i);
            long pages = in.u64("pages of region " + i);
            if (pages < 1 || pages > MemoryRegion.PAGES_MAX) {
                throw in.corrupt("pages of region " + i, "are " + Long.toUnsignedString(pages));
            }
            regions.add(new MemoryRegion(name, pages));
        }
        int componentCount = in.u32("number of components");
        if (componentCount < 0 || componentCount > MachineState.COMPONENTS_MAX) {
            throw in.corrupt(
                    "number of components", "is " + Integer.toUnsignedString(componentCount));
        }
        List<MachineLayout.Component> components = new ArrayList<>();
        for (int i = 0; i < componentCount; i++) {
            components.add(
                    new MachineLayout.Component(
                            text(in, "name of component " + i),
                            in.u32("version of component " + i)));
        }
        in.end();
        return new MachineLayout(kind, regions, components);
    }

    private static String wholeText(StateReader in, String field) throws CorruptStateException {
        String value = text(in, field);
        in.end();
        return value;
    }

    private static String text(StateReader in, String field) throws CorruptStateException {
        return new String(in.bytes(field, SegmentFormat.TEXT_BYTES_MAX), StandardCharsets.UTF_8);
    }
}
