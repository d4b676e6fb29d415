package io.understudy.replication.witness;

import io.understudy.proto.v1.BumpRegister;
import io.understudy.proto.v1.CreateRegister;
import io.understudy.proto.v1.HandoverRegister;
import io.understudy.proto.v1.Lineage;
import io.understudy.proto.v1.PairRegister;
import io.understudy.proto.v1.PromoteRegister;
import io.understudy.proto.v1.ReadRegister;
import io.understudy.proto.v1.RegisterMode;
import io.understudy.proto.v1.RegisterState;
import io.understudy.proto.v1.SoloRegister;
import io.understudy.proto.v1.WitnessCluster;
import io.understudy.replication.ReplicationException;
import io.understudy.replication.ReplicationException.Kind;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Register, requests and replies to and from the messages of {@code witness.proto}. */
public final class RegisterCodec {
    private RegisterCodec() {}

    public static io.understudy.proto.v1.Incarnation encode(Incarnation node) {
        return io.understudy.proto.v1.Incarnation.newBuilder()
                .setNodeId(node.nodeId())
                .setHigh(node.unique().getMostSignificantBits())
                .setLow(node.unique().getLeastSignificantBits())
                .build();
    }

    public static Incarnation decode(io.understudy.proto.v1.Incarnation node)
            throws ReplicationException {
        int chars = node.getNodeId().length();
        if (chars < 1 || chars > Incarnation.NODE_ID_CHARS_MAX) {
            throw malformed(
                    "a node id has 1 to %d characters, not %d"
                            .formatted(Incarnation.NODE_ID_CHARS_MAX, chars));
        }
        return new Incarnation(node.getNodeId(), new UUID(node.getHigh(), node.getLow()));
    }

    public static Lineage encode(UUID lineage) {
        return Lineage.newBuilder()
                .setHigh(lineage.getMostSignificantBits())
                .setLow(lineage.getLeastSignificantBits())
                .build();
    }

    public static UUID decode(Lineage lineage) {
        return new UUID(lineage.getHigh(), lineage.getLow());
    }

    public static WitnessCluster encode(ClusterId cluster) {
        return WitnessCluster.newBuilder()
                .setHigh(cluster.unique().getMostSignificantBits())
                .setLow(cluster.unique().getLeastSignificantBits())
                .build();
    }

    public static ClusterId decode(WitnessCluster cluster) {
        return new ClusterId(new UUID(cluster.getHigh(), cluster.getLow()));
    }

    static RegisterState encode(Register register) {
        RegisterState.Builder out =
                RegisterState.newBuilder()
                        .setLineage(encode(register.lineage()))
                        .setTerm(register.term())
                        .setHolder(encode(register.holder()))
                        .setFloor(register.floor());
        Incarnation backup = register.backup();
        if (backup == null) {
            return out.setMode(RegisterMode.REGISTER_MODE_SOLO).build();
        }
        return out.setMode(RegisterMode.REGISTER_MODE_PAIRED).setBackup(encode(backup)).build();
    }

    static Register decode(RegisterState state) throws ReplicationException {
        boolean paired = state.getMode() == RegisterMode.REGISTER_MODE_PAIRED;
        if (!paired && state.getMode() != RegisterMode.REGISTER_MODE_SOLO) {
            throw malformed("a register is solo or paired, not mode " + state.getModeValue());
        }
        if (paired != state.hasBackup()) {
            throw malformed("a register names a backup exactly when it is paired");
        }
        if (state.getTerm() < 1 || state.getFloor() < 0) {
            throw malformed(
                    "no register has term %d and floor %d"
                            .formatted(state.getTerm(), state.getFloor()));
        }
        Incarnation holder = decode(state.getHolder());
        Incarnation backup = paired ? decode(state.getBackup()) : null;
        if (holder.equals(backup)) {
            throw malformed("a register names its holder as the backup");
        }
        return new Register(
                decode(state.getLineage()), state.getTerm(), holder, backup, state.getFloor());
    }

    public static io.understudy.proto.v1.RegisterRequest encode(RegisterRequest request) {
        var out =
                io.understudy.proto.v1.RegisterRequest.newBuilder()
                        .setNonce(request.nonce())
                        .setLineage(encode(request.lineage()))
                        .setExpectedTerm(request.expectedTerm())
                        .setCaller(encode(request.caller()));
        return switch (request.operation()) {
            case RegisterOperation.Read read ->
                    out.setRead(ReadRegister.getDefaultInstance()).build();
            case RegisterOperation.Create create ->
                    out.setCreate(CreateRegister.getDefaultInstance()).build();
            case RegisterOperation.Pair(Incarnation backup, long released) ->
                    out.setPair(
                                    PairRegister.newBuilder()
                                            .setBackup(encode(backup))
                                            .setReleased(released))
                            .build();
            case RegisterOperation.Solo solo ->
                    out.setSolo(SoloRegister.getDefaultInstance()).build();
            case RegisterOperation.Promote(long acknowledged) ->
                    out.setPromote(PromoteRegister.newBuilder().setAcknowledged(acknowledged))
                            .build();
            case RegisterOperation.Handover(long epoch, Incarnation successor) ->
                    out.setHandover(
                                    HandoverRegister.newBuilder()
                                            .setEpoch(epoch)
                                            .setSuccessor(encode(successor)))
                            .build();
            case RegisterOperation.Bump bump ->
                    out.setBump(BumpRegister.getDefaultInstance()).build();
        };
    }

    public static RegisterRequest decode(io.understudy.proto.v1.RegisterRequest request)
            throws ReplicationException {
        RegisterOperation operation =
                switch (request.getOperationCase()) {
                    case READ -> new RegisterOperation.Read();
                    case CREATE -> new RegisterOperation.Create();
                    case PAIR ->
                            new RegisterOperation.Pair(
                                    decode(request.getPair().getBackup()),
                                    request.getPair().getReleased());
                    case SOLO -> new RegisterOperation.Solo();
                    case PROMOTE ->
                            new RegisterOperation.Promote(request.getPromote().getAcknowledged());
                    case HANDOVER ->
                            new RegisterOperation.Handover(
                                    request.getHandover().getEpoch(),
                                    decode(request.getHandover().getSuccessor()));
                    case BUMP -> new RegisterOperation.Bump();
                    case OPERATION_NOT_SET -> throw malformed("a request without an operation");
                };
        return new RegisterRequest(
                request.getNonce(),
                decode(request.getLineage()),
                request.getExpectedTerm(),
                decode(request.getCaller()),
                operation);
    }

    public static io.understudy.proto.v1.RegisterReply encode(
            RegisterRequest request, boolean ok, @Nullable Register register, String reason) {
        var out =
                io.understudy.proto.v1.RegisterReply.newBuilder()
                        .setNonce(request.nonce())
                        .setExpectedTerm(request.expectedTerm())
                        .setOk(ok)
                        .setReason(reason);
        if (register != null) {
            out.setRegister(encode(register));
        }
        return out.build();
    }

    private static ReplicationException malformed(String message) {
        return new ReplicationException(Kind.MALFORMED_MESSAGE, message);
    }
}
