package io.understudy.replication.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import com.google.protobuf.UnknownFieldSet;
import io.understudy.checkpoint.MachineLayout;
import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.digest.Digest;
import io.understudy.checkpoint.encoding.EpochHeader;
import io.understudy.checkpoint.encoding.EpochTrailer;
import io.understudy.proto.v1.BackupFrame;
import io.understudy.proto.v1.Hello;
import io.understudy.proto.v1.PrimaryFrame;
import io.understudy.replication.ReplicationException;
import io.understudy.replication.witness.Incarnation;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** docs/formats/checkpoint-stream.md and epoch.md. Golden bytes are added to, never edited. */
class GoldenFramesTest {
    private static final SessionHello HELLO =
            new SessionHello(
                    new UUID(1, 2),
                    new Incarnation("a", new UUID(3, 4)),
                    5,
                    6,
                    7,
                    8,
                    new MachineLayout(
                            "kind",
                            List.of(new MemoryRegion("ram", 8)),
                            List.of(new MachineLayout.Component("cpu", 9))));
    private static final EpochHeader HEADER = new EpochHeader(10, 9, 11, 12);
    private static final EpochTrailer TRAILER =
            new EpochTrailer(
                    10,
                    13,
                    14,
                    15,
                    16,
                    true,
                    new Digest(17, 18),
                    new Digest(19, 20),
                    new Digest(21, 22));

    /** Of protocol version 2, without a call. */
    private static final String HELLO_2 =
            "0a5b0802"
                    + "1212090100000000000000110200000000000000"
                    + "1a150a016111030000000000000019"
                    + "0400000000000000"
                    + "2005"
                    + "290600000000000000"
                    + "32180a046b696e6412070a0372616d10081a070a0363707510093907000000"
                    + "00000000";

    private static final String REFUSAL_2 = "1206080212026e6f";

    @Test
    void hello() throws Exception {
        PrimaryFrame frame = FrameCodec.encode(HELLO);
        assertThat(hex(frame))
                .isEqualTo(
                        "0a5d0803"
                                + "1212090100000000000000110200000000000000"
                                + "1a150a016111030000000000000019"
                                + "0400000000000000"
                                + "2005"
                                + "290600000000000000"
                                + "32180a046b696e6412070a0372616d10081a070a0363707510093907000000"
                                + "00000000"
                                + "4008");
        SessionHello read = FrameCodec.decode(PrimaryFrame.parseFrom(bytes(frame)).getHello());
        assertThat(read).isEqualTo(HELLO);
    }

    @Test
    void beginAndEndOfAnEpoch() throws Exception {
        PrimaryFrame begin = FrameCodec.encode(HEADER, 5);
        assertThat(hex(begin)).isEqualTo("120a080a10051809200b280c");
        assertThat(FrameCodec.decode(PrimaryFrame.parseFrom(bytes(begin)).getEpochBegin()))
                .isEqualTo(HEADER);
        PrimaryFrame end = FrameCodec.encode(TRAILER);
        assertThat(hex(end))
                .isEqualTo(
                        "2a48080a100d180e200f28103001"
                                + "3a120911000000000000001112000000"
                                + "00000000"
                                + "42120913000000000000001114000000"
                                + "00000000"
                                + "4a120915000000000000001116000000"
                                + "00000000");
        assertThat(FrameCodec.decode(PrimaryFrame.parseFrom(bytes(end)).getEpochEnd()))
                .isEqualTo(TRAILER);
    }

    @Test
    void anAnswer() {
        assertThat(hex(FrameCodec.refusal("no"))).isEqualTo("1206080312026e6f");
        assertThat(hex(FrameCodec.stale(23))).isEqualTo("2a020817");
    }

    @Test
    void version2IsRefusedByNameAndItsRefusalUnderstood() throws Exception {
        PrimaryFrame hello = PrimaryFrame.parseFrom(HexFormat.of().parseHex(HELLO_2));
        assertThatThrownBy(() -> FrameCodec.decode(hello.getHello()))
                .isInstanceOf(ReplicationException.class)
                .hasMessage("the primary speaks protocol version 2, this node 3");
        assertThat(
                        BackupFrame.parseFrom(HexFormat.of().parseHex(REFUSAL_2))
                                .getRefusal()
                                .getReason())
                .isEqualTo("no");
    }

    @Test
    void fieldsOfALaterProgramAreSkipped() throws Exception {
        UnknownFieldSet later =
                UnknownFieldSet.newBuilder()
                        .addField(
                                500,
                                UnknownFieldSet.Field.newBuilder()
                                        .addLengthDelimited(ByteString.copyFromUtf8("later"))
                                        .build())
                        .build();
        Hello hello = FrameCodec.encode(HELLO).getHello();
        Hello extended = hello.toBuilder().setUnknownFields(later).build();
        assertThat(FrameCodec.decode(Hello.parseFrom(extended.toByteString()))).isEqualTo(HELLO);
    }

    @Test
    void everyOtherVersionIsRefused() {
        Hello hello = FrameCodec.encode(HELLO).getHello();
        for (int version : new int[] {0, Protocol.VERSION - 1, Protocol.VERSION + 1}) {
            assertThatThrownBy(() ->
                            FrameCodec.decode(
                                    hello.toBuilder().setProtocolVersion(version).build()))
                    .isInstanceOf(ReplicationException.class)
                    .hasMessageContaining("the primary speaks protocol version " + version);
        }
    }

    private static byte[] bytes(PrimaryFrame frame) {
        return frame.toByteArray();
    }

    private static String hex(MessageLite message) {
        return HexFormat.of().formatHex(message.toByteArray());
    }
}
