package io.understudy.replication.host;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.understudy.checkpoint.output.ConsoleLog;
import io.understudy.proto.v1.BackupFrame;
import io.understudy.proto.v1.EpochBegin;
import io.understudy.proto.v1.EpochEnd;
import io.understudy.proto.v1.Hello;
import io.understudy.proto.v1.Incarnation;
import io.understudy.proto.v1.Layout;
import io.understudy.proto.v1.LayoutComponent;
import io.understudy.proto.v1.LayoutRegion;
import io.understudy.proto.v1.Lineage;
import io.understudy.proto.v1.PageBatch;
import io.understudy.proto.v1.PrimaryFrame;
import io.understudy.proto.v1.ReplicationGrpc;
import io.understudy.proto.v1.StateChunk;
import io.understudy.replication.BackupNode;
import io.understudy.replication.PrimaryNode;
import io.understudy.replication.role.NodeState;
import io.understudy.replication.transport.Protocol;
import io.understudy.replication.witness.WitnessServer;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What does not speak the protocol gets one sentence and no more; the node goes on. */
class HostileFramesTest {
    @TempDir private Path folder = Path.of(".");
    private Cluster cluster = new Cluster(folder);
    private int witnessPort;
    private int port;
    private int calls;

    @BeforeEach
    void open() throws Exception {
        cluster = new Cluster(folder);
        WitnessServer witness = cluster.witness(0, true);
        witnessPort = witness.port();
        BackupNode backup = cluster.backup(machine(), cluster.options("backup", witnessPort));
        port = backup.port();
    }

    /** Whatever was sent before, the node still takes a real primary. */
    @AfterEach
    void aRealPrimaryIsStillTakenAndClose() throws Exception {
        PrimaryNode primary =
                cluster.primary(
                        machine(),
                        cluster.options("primary", witnessPort).withBackup(Cluster.loopback(port)));
        cluster.await(primary::status, NodeState.PAIRED);
        cluster.closeAll();
    }

    @Test
    void anotherProtocolVersionIsNamed() throws Exception {
        assertThat(say(frame(hello().setProtocolVersion(7))))
                .isEqualTo("the primary speaks protocol version 7, this node " + Protocol.VERSION);
    }

    @Test
    void anEpochWithoutAHello() throws Exception {
        assertThat(say(begin(1, 0, 1, 16))).contains("no session");
    }

    @Test
    void aSecondHello() throws Exception {
        assertThat(say(frame(hello()), frame(hello()))).contains("second Hello");
    }

    @Test
    void aHelloWithoutASource() throws Exception {
        assertThat(say(frame(hello().clearSource()))).contains("node id");
    }

    @Test
    void aHelloThatIsNoCall() throws Exception {
        assertThat(say(frame(hello().clearCall()))).contains("call is 0");
    }

    @Test
    void aCallThatWasTakenAlready() throws Exception {
        Hello.Builder once = hello();
        assertThat(say(frame(once), batch(new byte[40]))).contains("outside of an epoch");
        assertThat(say(frame(once))).contains("has taken call 1 of").contains("already");
    }

    @Test
    void aLayoutOfAbsurdSize() throws Exception {
        Layout.Builder layout = Layout.newBuilder().setKind("plain");
        for (int i = 0; i < 5000; i++) {
            layout.addRegions(LayoutRegion.newBuilder().setName("r" + i).setPages(1));
        }
        assertThat(say(frame(hello().setLayout(layout)))).contains("5000 regions");
        assertThat(
                        say(
                                frame(
                                        hello().setLayout(
                                                        Layout.newBuilder()
                                                                .addRegions(
                                                                        LayoutRegion.newBuilder()
                                                                                .setPages(-1))))))
                .contains("region of -1 pages");
    }

    @Test
    void aPageBatchOutsideOfAnEpoch() throws Exception {
        assertThat(say(frame(hello()), batch(new byte[40]))).contains("outside of an epoch");
    }

    @Test
    void anEpochThatAnnouncesTooMuch() throws Exception {
        assertThat(say(frame(hello()), begin(1, 0, 1_000_000, 16))).contains("1000000 pages");
        assertThat(say(frame(hello()), begin(1, 0, 1, Integer.MAX_VALUE)))
                .contains("bytes of machine state");
        assertThat(say(frame(hello()), begin(9, 4, 1, 1))).contains("builds on epoch 4");
    }

    @Test
    void garbageInAPageBatch() throws Exception {
        Random random = new Random(11);
        for (int i = 0; i < 20; i++) {
            byte[] garbage = new byte[random.nextInt(300)];
            random.nextBytes(garbage);
            assertThat(say(frame(hello()), begin(1, 0, 4, 16), batch(garbage))).isNotEmpty();
        }
    }

    @Test
    void moreStateThanAnnounced() throws Exception {
        assertThat(say(frame(hello()), begin(1, 0, 1, 8), state(9))).contains("announced");
    }

    @Test
    void anEndThatDoesNotFitWhatCame() throws Exception {
        assertThat(
                        say(
                                frame(hello()),
                                begin(1, 0, 4, 8),
                                state(8),
                                PrimaryFrame.newBuilder()
                                        .setEpochEnd(EpochEnd.newBuilder().setEpoch(1).setPages(3))
                                        .build()))
                .contains("3 in 0 were sent");
    }

    @Test
    void anEmptyFrame() throws Exception {
        assertThat(say(frame(hello()), PrimaryFrame.getDefaultInstance()))
                .contains("an empty frame");
    }

    @Test
    void aFrameLongerThanAnyMayBe() throws Exception {
        say(frame(hello()), begin(1, 0, 4, 16), batch(new byte[8 << 20]));
        cluster.await(
                () -> cluster.events.stream().anyMatch(e -> e.contains("exceeds maximum size")),
                () -> "the node to say why");
    }

    @Test
    void bytesThatAreNoHttpAtAll() throws Exception {
        Random random = new Random(12);
        for (int i = 0; i < 5; i++) {
            byte[] garbage = new byte[4096];
            random.nextBytes(garbage);
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
                    OutputStream out = socket.getOutputStream()) {
                out.write(garbage);
                out.flush();
            }
        }
    }

    /**
     * Sends the frames and returns the sentence that the session ended with, empty if with none.
     */
    private String say(PrimaryFrame... frames) throws Exception {
        ManagedChannel channel =
                NettyChannelBuilder.forAddress(Cluster.loopback(port)).usePlaintext().build();
        try {
            Answers answers = new Answers();
            StreamObserver<PrimaryFrame> out = ReplicationGrpc.newStub(channel).session(answers);
            for (PrimaryFrame frame : frames) {
                out.onNext(frame);
            }
            assertThat(answers.over.await(20, TimeUnit.SECONDS)).isTrue();
            return answers.refusals.isEmpty() ? "" : answers.refusals.getFirst();
        } finally {
            channel.shutdownNow();
        }
    }

    private static PlainMachine machine() {
        return new PlainMachine(1_000_000, 5_000_000);
    }

    private static PrimaryFrame frame(Hello.Builder hello) {
        return PrimaryFrame.newBuilder().setHello(hello).build();
    }

    /** Each is a call of its own: an earlier one would be refused for that alone. */
    private Hello.Builder hello() {
        return Hello.newBuilder()
                .setProtocolVersion(Protocol.VERSION)
                .setCall(++calls)
                .setLineage(Lineage.newBuilder().setHigh(5).setLow(6))
                .setSource(Incarnation.newBuilder().setNodeId("stranger").setHigh(1).setLow(2))
                .setTerm(1)
                .setSession(77)
                .setLayout(
                        Layout.newBuilder()
                                .setKind("plain")
                                .addRegions(
                                        LayoutRegion.newBuilder()
                                                .setName("ram")
                                                .setPages(PlainMachine.PAGES))
                                .addComponents(
                                        LayoutComponent.newBuilder().setName("cpu").setVersion(1))
                                .addComponents(
                                        LayoutComponent.newBuilder()
                                                .setName("console")
                                                .setVersion(new ConsoleLog("").version()))
                                .addComponents(
                                        LayoutComponent.newBuilder()
                                                .setName("console-input")
                                                .setVersion(1)));
    }

    private static PrimaryFrame begin(long epoch, long previous, int pages, int stateBytes) {
        return PrimaryFrame.newBuilder()
                .setEpochBegin(
                        EpochBegin.newBuilder()
                                .setEpoch(epoch)
                                .setTerm(1)
                                .setPreviousEpoch(previous)
                                .setPagesMax(pages)
                                .setStateBytes(stateBytes))
                .build();
    }

    private static PrimaryFrame batch(byte[] bytes) {
        return PrimaryFrame.newBuilder()
                .setPageBatch(PageBatch.newBuilder().setBatch(ByteString.copyFrom(bytes)))
                .build();
    }

    private static PrimaryFrame state(int bytes) {
        return PrimaryFrame.newBuilder()
                .setStateChunk(
                        StateChunk.newBuilder().setState(ByteString.copyFrom(rawPart(bytes))))
                .build();
    }

    /** docs/formats/state-part.md: so many bytes of state as they are. */
    private static byte[] rawPart(int bytes) {
        byte[] part = new byte[6 + bytes];
        part[0] = 2;
        part[2] = (byte) bytes;
        part[4] = (byte) bytes;
        return part;
    }

    private static final class Answers implements StreamObserver<BackupFrame> {
        final List<String> refusals = new CopyOnWriteArrayList<>();
        final CountDownLatch over = new CountDownLatch(1);

        @Override
        public void onNext(BackupFrame frame) {
            if (frame.hasRefusal()) {
                refusals.add(frame.getRefusal().getReason());
            }
        }

        @Override
        public void onError(Throwable t) {
            over.countDown();
        }

        @Override
        public void onCompleted() {
            over.countDown();
        }
    }
}
