package io.understudy.replication.witness;

import com.google.protobuf.InvalidProtocolBufferException;
import io.understudy.proto.v1.AnsweredRequest;
import io.understudy.proto.v1.RegisterLedger;
import io.understudy.proto.v1.RegisterState;
import io.understudy.replication.ReplicationException;
import io.understudy.replication.witness.Ledger.Answered;
import io.understudy.replication.witness.SealedFile.Content;
import io.understudy.replication.witness.SealedFile.DamagedException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The ledger as the content of a file (docs/formats/register.md). */
public final class LedgerCodec {
    /** Bytes of the largest ledger there can be, rounded up. */
    public static final int BODY_BYTES_MAX = 64 << 10;

    static final byte[] MAGIC = "USREGSTR".getBytes(StandardCharsets.US_ASCII);
    static final int VERSION = 2;

    /** The register alone, without the requests that were answered. */
    static final int VERSION_OF_REGISTER_ALONE = 1;

    private LedgerCodec() {}

    public static byte[] encode(Ledger ledger) {
        RegisterLedger.Builder out = RegisterLedger.newBuilder();
        Register register = ledger.register();
        if (register != null) {
            out.setRegister(RegisterCodec.encode(register));
        }
        for (Answered each : ledger.answered()) {
            out.addAnswered(
                    AnsweredRequest.newBuilder()
                            .setRequest(RegisterCodec.encode(each.request()))
                            .setResult(RegisterCodec.encode(each.result())));
        }
        return SealedFile.seal(MAGIC, VERSION, out.build().toByteArray());
    }

    /**
     * @throws DamagedException if the bytes are no ledger of a version that is known
     */
    public static Ledger decode(byte[] bytes) throws DamagedException {
        Content content = SealedFile.open(MAGIC, bytes);
        try {
            return switch (content.version()) {
                case VERSION_OF_REGISTER_ALONE -> registerAlone(content.body());
                case VERSION -> ledger(RegisterLedger.parseFrom(content.body()));
                default ->
                        throw new DamagedException(
                                "it has format version %d, which is not known"
                                        .formatted(content.version()));
            };
        } catch (InvalidProtocolBufferException | ReplicationException e) {
            throw new DamagedException(String.valueOf(e.getMessage()));
        }
    }

    private static Ledger registerAlone(byte[] body)
            throws InvalidProtocolBufferException, ReplicationException {
        return body.length == 0
                ? Ledger.EMPTY
                : new Ledger(RegisterCodec.decode(RegisterState.parseFrom(body)), List.of());
    }

    private static Ledger ledger(RegisterLedger message)
            throws ReplicationException, DamagedException {
        if (message.getAnsweredCount() > Ledger.ANSWERED_MAX) {
            throw new DamagedException(
                    "it remembers %d requests, %d at most"
                            .formatted(message.getAnsweredCount(), Ledger.ANSWERED_MAX));
        }
        @Nullable Register register =
                message.hasRegister() ? RegisterCodec.decode(message.getRegister()) : null;
        List<Answered> answered = new ArrayList<>();
        for (AnsweredRequest each : message.getAnsweredList()) {
            answered.add(
                    new Answered(
                            RegisterCodec.decode(each.getRequest()),
                            RegisterCodec.decode(each.getResult())));
        }
        return new Ledger(register, answered);
    }
}
