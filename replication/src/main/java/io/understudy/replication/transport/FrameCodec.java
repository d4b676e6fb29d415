package io.understudy.replication.transport;

import io.understudy.checkpoint.MachineLayout;
import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.digest.Digest;
import io.understudy.checkpoint.encoding.EpochHeader;
import io.understudy.checkpoint.encoding.EpochTrailer;
import io.understudy.proto.v1.Ack;
import io.understudy.proto.v1.BackupFrame;
import io.understudy.proto.v1.Digest128;
import io.understudy.proto.v1.EpochBegin;
import io.understudy.proto.v1.EpochEnd;
import io.understudy.proto.v1.Heartbeat;
import io.understudy.proto.v1.Hello;
import io.understudy.proto.v1.Layout;
import io.understudy.proto.v1.LayoutComponent;
import io.understudy.proto.v1.LayoutRegion;
import io.understudy.proto.v1.MachineOffer;
import io.understudy.proto.v1.PrimaryFrame;
import io.understudy.proto.v1.Refusal;
import io.understudy.proto.v1.Stale;
import io.understudy.proto.v1.Welcome;
import io.understudy.replication.ReplicationException;
import io.understudy.replication.ReplicationException.Kind;
import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.RegisterCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The project's records to and from the frames of {@code replication.proto}. Decoding takes nothing
 * for granted: every count and number is checked before it is used.
 */
public final class FrameCodec {
    private FrameCodec() {}

    static PrimaryFrame encode(SessionHello hello) {
        return PrimaryFrame.newBuilder()
                .setHello(
                        Hello.newBuilder()
                                .setProtocolVersion(Protocol.VERSION)
                                .setLineage(RegisterCodec.encode(hello.lineage()))
                                .setSource(RegisterCodec.encode(hello.source()))
                                .setTerm(hello.term())
                                .setSession(hello.session())
                                .setDigestKey(hello.digestKey())
                                .setCall(hello.call())
                                .setLayout(encode(hello.layout())))
                .build();
    }

    /**
     * @throws ReplicationException if the other side speaks another version or breaks the format
     */
    public static SessionHello decode(Hello hello) throws ReplicationException {
        if (hello.getProtocolVersion() != Protocol.VERSION) {
            throw malformed(
                    "the primary speaks protocol version %d, this node %d"
                            .formatted(hello.getProtocolVersion(), Protocol.VERSION));
        }
        return new SessionHello(
                RegisterCodec.decode(hello.getLineage()),
                RegisterCodec.decode(hello.getSource()),
                atLeast(1, hello.getTerm(), "term"),
                hello.getSession(),
                hello.getDigestKey(),
                atLeast(1, hello.getCall(), "call"),
                decode(hello.getLayout()));
    }

    /** Which difference keeps two machines from standing in for each other; empty if none. */
    public static Optional<String> difference(MachineLayout primary, MachineLayout backup) {
        if (!primary.kind().equals(backup.kind())) {
            return differs("a machine of kind", primary.kind(), backup.kind());
        }
        if (!primary.regions().equals(backup.regions())) {
            return differs("memory", primary.regions(), backup.regions());
        }
        if (!primary.components().equals(backup.components())) {
            return differs("state", primary.components(), backup.components());
        }
        return Optional.empty();
    }

    private static Optional<String> differs(String what, Object primary, Object backup) {
        return Optional.of("the primary has %s %s, this node %s".formatted(what, primary, backup));
    }

    public static PrimaryFrame encode(EpochHeader header, long term) {
        return PrimaryFrame.newBuilder()
                .setEpochBegin(
                        EpochBegin.newBuilder()
                                .setEpoch(header.epoch())
                                .setTerm(term)
                                .setPreviousEpoch(header.previousEpoch())
                                .setPagesMax(header.pagesMax())
                                .setStateBytes(header.stateBytes()))
                .build();
    }

    public static EpochHeader decode(EpochBegin begin) throws ReplicationException {
        return new EpochHeader(
                atLeast(1, begin.getEpoch(), "epoch"),
                atLeast(0, begin.getPreviousEpoch(), "previous epoch"),
                (int) atLeast(0, begin.getPagesMax(), "page limit"),
                (int) atLeast(0, begin.getStateBytes(), "state length"));
    }

    public static PrimaryFrame encode(EpochTrailer trailer) {
        return PrimaryFrame.newBuilder()
                .setEpochEnd(
                        EpochEnd.newBuilder()
                                .setEpoch(trailer.epoch())
                                .setInstruction(trailer.instruction())
                                .setOutputOffset(trailer.outputOffset())
                                .setPages(trailer.pages())
                                .setBatches(trailer.batches())
                                .setCompletesImage(trailer.completesImage())
                                .setImageDigest(encode(trailer.imageDigest()))
                                .setStateDigest(encode(trailer.stateDigest()))
                                .setChainDigest(encode(trailer.chainDigest())))
                .build();
    }

    public static EpochTrailer decode(EpochEnd end) throws ReplicationException {
        return new EpochTrailer(
                atLeast(1, end.getEpoch(), "epoch"),
                atLeast(0, end.getInstruction(), "instruction"),
                atLeast(0, end.getOutputOffset(), "output offset"),
                (int) atLeast(0, end.getPages(), "page count"),
                (int) atLeast(0, end.getBatches(), "batch count"),
                end.getCompletesImage(),
                decode(end.getImageDigest()),
                decode(end.getStateDigest()),
                decode(end.getChainDigest()));
    }

    static PrimaryFrame primaryHeartbeat(long term, long progress) {
        return PrimaryFrame.newBuilder().setHeartbeat(heartbeat(term, progress)).build();
    }

    static PrimaryFrame machineOffer(long term, long epoch, Incarnation successor) {
        return PrimaryFrame.newBuilder()
                .setMachineOffer(
                        MachineOffer.newBuilder()
                                .setTerm(term)
                                .setEpoch(epoch)
                                .setSuccessor(RegisterCodec.encode(successor)))
                .build();
    }

    static BackupFrame backupHeartbeat(long term, long progress) {
        return BackupFrame.newBuilder().setHeartbeat(heartbeat(term, progress)).build();
    }

    static BackupFrame welcome(Incarnation self) {
        return BackupFrame.newBuilder()
                .setWelcome(
                        Welcome.newBuilder()
                                .setProtocolVersion(Protocol.VERSION)
                                .setBackup(RegisterCodec.encode(self)))
                .build();
    }

    static BackupFrame refusal(String reason) {
        return BackupFrame.newBuilder()
                .setRefusal(
                        Refusal.newBuilder().setProtocolVersion(Protocol.VERSION).setReason(reason))
                .build();
    }

    static BackupFrame stale(long term) {
        return BackupFrame.newBuilder().setStale(Stale.newBuilder().setTerm(term)).build();
    }

    static BackupFrame acknowledgement(
            long session,
            Incarnation source,
            Incarnation destination,
            long epoch,
            boolean wholeImage) {
        return BackupFrame.newBuilder()
                .setAck(
                        Ack.newBuilder()
                                .setSession(session)
                                .setSource(RegisterCodec.encode(source))
                                .setDestination(RegisterCodec.encode(destination))
                                .setEpoch(epoch)
                                .setComplete(wholeImage))
                .build();
    }

    private static Heartbeat heartbeat(long term, long progress) {
        return Heartbeat.newBuilder().setTerm(term).setProgress(progress).build();
    }

    private static Layout encode(MachineLayout layout) {
        Layout.Builder out = Layout.newBuilder().setKind(layout.kind());
        for (MemoryRegion region : layout.regions()) {
            out.addRegions(
                    LayoutRegion.newBuilder().setName(region.name()).setPages(region.pages()));
        }
        for (MachineLayout.Component component : layout.components()) {
            out.addComponents(
                    LayoutComponent.newBuilder()
                            .setName(component.name())
                            .setVersion(component.version()));
        }
        return out.build();
    }

    private static MachineLayout decode(Layout layout) throws ReplicationException {
        if (layout.getRegionsCount() > Protocol.REGIONS_MAX
                || layout.getComponentsCount() > Protocol.COMPONENTS_MAX) {
            throw malformed(
                    "a layout of %d regions and %d components, at most %d and %d are allowed"
                            .formatted(
                                    layout.getRegionsCount(),
                                    layout.getComponentsCount(),
                                    Protocol.REGIONS_MAX,
                                    Protocol.COMPONENTS_MAX));
        }
        List<MemoryRegion> regions = new ArrayList<>(layout.getRegionsCount());
        for (LayoutRegion each : layout.getRegionsList()) {
            if (each.getPages() < 1 || each.getPages() > MemoryRegion.PAGES_MAX) {
                throw malformed("a region of %d pages".formatted(each.getPages()));
            }
            regions.add(new MemoryRegion(name(each.getName()), each.getPages()));
        }
        List<MachineLayout.Component> components = new ArrayList<>(layout.getComponentsCount());
        for (LayoutComponent each : layout.getComponentsList()) {
            components.add(new MachineLayout.Component(name(each.getName()), each.getVersion()));
        }
        return new MachineLayout(name(layout.getKind()), regions, components);
    }

    private static String name(String text) throws ReplicationException {
        if (text.length() > Protocol.NAME_CHARS_MAX) {
            throw malformed("a name of %d characters".formatted(text.length()));
        }
        return text;
    }

    private static Digest128 encode(Digest digest) {
        return Digest128.newBuilder().setHigh(digest.high()).setLow(digest.low()).build();
    }

    private static Digest decode(Digest128 digest) {
        return new Digest(digest.getHigh(), digest.getLow());
    }

    private static long atLeast(long least, long value, String what) throws ReplicationException {
        if (value < least) {
            throw malformed("%s is %d".formatted(what, value));
        }
        return value;
    }

    private static ReplicationException malformed(String message) {
        return new ReplicationException(Kind.MALFORMED_MESSAGE, message);
    }
}
