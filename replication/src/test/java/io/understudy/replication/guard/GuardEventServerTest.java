package io.understudy.replication.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.understudy.proto.v1.GuardGrpc;
import io.understudy.proto.v1.GuardNotice;
import io.understudy.proto.v1.GuardReply;
import io.understudy.proto.v1.GuardWatch;
import io.understudy.replication.transport.Protocol;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The stream of a guard's events: order, late clients, and what is refused. */
class GuardEventServerTest {
    private GuardEventServer server;
    private ManagedChannel channel;

    @BeforeEach
    void start() throws Exception {
        server = GuardEventServer.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port()).usePlaintext().build();
    }

    @AfterEach
    void stop() {
        server.close();
        channel.shutdownNow();
    }

    private Iterator<GuardReply> watch(long from, boolean suspiciousOnly) {
        return GuardGrpc.newBlockingStub(channel)
                .watch(
                        GuardWatch.newBuilder()
                                .setProtocolVersion(Protocol.VERSION)
                                .setFromNumber(from)
                                .setSuspiciousOnly(suspiciousOnly)
                                .build());
    }

    private void publish(long first, long last) {
        for (long n = first; n <= last; n++) {
            String verdict = n % 10 == 0 ? "suspicious" : "legitimate";
            server.publish(GuardNotice.newBuilder().setNumber(n).setVerdict(verdict).build());
        }
    }

    private static List<Long> numbers(Iterator<GuardReply> stream, int count) {
        List<Long> numbers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            numbers.add(stream.next().getNotice().getNumber());
        }
        return numbers;
    }

    @Test
    void everyClientGetsEverythingFromWhereItBegins() {
        publish(1, 3);
        Iterator<GuardReply> all = watch(0, false);
        Iterator<GuardReply> late = watch(3, false);
        assertThat(numbers(all, 3)).containsExactly(1L, 2L, 3L);
        publish(4, 5);
        assertThat(numbers(all, 2)).containsExactly(4L, 5L);
        assertThat(numbers(late, 3)).containsExactly(3L, 4L, 5L);
        server.close();
        assertThat(all.hasNext()).as("the stream ends with the machine").isFalse();
    }

    @Test
    void onlySuspiciousOnesIfAsked() {
        publish(1, 35);
        assertThat(numbers(watch(0, true), 3)).containsExactly(10L, 20L, 30L);
    }

    @Test
    void aClientThatFellBehindIsToldWhatItMissed() {
        publish(1, GuardEventServer.NOTICES_KEPT_MAX + 7);
        Iterator<GuardReply> stream = watch(3, false);
        GuardReply first = stream.next();
        assertThat(first.hasMissed()).isTrue();
        assertThat(first.getMissed().getFirstNumber()).isEqualTo(3);
        assertThat(first.getMissed().getLastNumber()).isEqualTo(7);
        assertThat(numbers(stream, 2)).containsExactly(8L, 9L);
    }

    @Test
    void anotherProtocolVersionIsRefused() {
        Iterator<GuardReply> stream =
                GuardGrpc.newBlockingStub(channel).watch(GuardWatch.getDefaultInstance());
        assertThatThrownBy(stream::hasNext)
                .isInstanceOf(StatusRuntimeException.class)
                .hasMessageContaining("FAILED_PRECONDITION");
    }
}
