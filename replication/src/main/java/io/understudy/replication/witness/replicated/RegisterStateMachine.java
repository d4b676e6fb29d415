package io.understudy.replication.witness.replicated;

import com.google.protobuf.InvalidProtocolBufferException;
import io.understudy.replication.ReplicationException;
import io.understudy.replication.rule.RuleBook;
import io.understudy.replication.witness.Ledger;
import io.understudy.replication.witness.Ledger.Outcome;
import io.understudy.replication.witness.RegisterCodec;
import io.understudy.replication.witness.RegisterRequest;
import io.understudy.replication.witness.RegisterRules;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.apache.ratis.statemachine.StateMachine;
import org.apache.ratis.statemachine.StateMachineStorage;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.util.LifeCycle;
import org.jspecify.annotations.Nullable;

/**
 * The ledger as Ratis replicates it: requests in the order of the log, each decided by the same
 * rules as in a witness of one process. Messages are {@code RegisterRequest} and {@code
 * RegisterReply} of witness.proto.
 *
 * <p>Ratis applies from one thread; others only look.
 */
final class RegisterStateMachine implements StateMachine {
    /**
     * What was applied, and up to where in the log: one value, so that a snapshot is of one moment.
     */
    private record Applied(TermIndex at, Ledger ledger) {}

    private final RegisterRules rules = new RegisterRules(RuleBook.ENFORCED);
    private final SnapshotFolder snapshots = new SnapshotFolder();
    private volatile Applied applied = new Applied(TermIndex.INITIAL_VALUE, Ledger.EMPTY);
    private volatile LifeCycle.State state = LifeCycle.State.NEW;

    /** What this peer has applied; others may be ahead. */
    Ledger ledger() {
        return applied.ledger();
    }

    @Override
    public void initialize(RaftServer server, RaftGroupId group, RaftStorage storage)
            throws IOException {
        snapshots.init(storage);
        load();
    }

    @Override
    public void reinitialize() throws IOException {
        load();
    }

    private void load() throws IOException {
        SnapshotFolder.Loaded loaded = snapshots.load();
        if (loaded != null) {
            applied = new Applied(loaded.at(), loaded.ledger());
        }
        state = LifeCycle.State.RUNNING;
    }

    @Override
    public LifeCycle.State getLifeCycleState() {
        return state;
    }

    @Override
    public void pause() {
        state = LifeCycle.State.PAUSED;
    }

    @Override
    public void close() {
        state = LifeCycle.State.CLOSED;
    }

    @Override
    public long takeSnapshot() throws IOException {
        Applied now = applied;
        if (now.at().getIndex() < 0) {
            return now.at().getIndex();
        }
        snapshots.save(now.at(), now.ledger());
        return now.at().getIndex();
    }

    @Override
    public StateMachineStorage getStateMachineStorage() {
        return snapshots;
    }

    @Override
    public @Nullable SnapshotInfo getLatestSnapshot() {
        return snapshots.getLatestSnapshot();
    }

    @Override
    public TermIndex getLastAppliedTermIndex() {
        return applied.at();
    }

    /** Log entries of Ratis itself move the index and leave the ledger. */
    @Override
    public EventApi event() {
        return new EventApi() {
            @Override
            public void notifyTermIndexUpdated(long term, long index) {
                applied = new Applied(TermIndex.valueOf(term, index), applied.ledger());
            }
        };
    }

    @Override
    public TransactionContext startTransaction(RaftClientRequest request) {
        return TransactionContext.newBuilder()
                .setStateMachine(this)
                .setClientRequest(request)
                .build();
    }

    @Override
    public TransactionContext preAppendTransaction(TransactionContext transaction) {
        return transaction;
    }

    @Override
    public TransactionContext cancelTransaction(TransactionContext transaction) {
        return transaction;
    }

    @Override
    public TransactionContext applyTransactionSerial(TransactionContext transaction) {
        return transaction;
    }

    @Override
    public CompletableFuture<Message> applyTransaction(TransactionContext transaction) {
        LogEntryProto entry = transaction.getLogEntry();
        TermIndex at = TermIndex.valueOf(entry.getTerm(), entry.getIndex());
        try {
            RegisterRequest request = request(entry.getStateMachineLogEntry().getLogData());
            Outcome outcome = applied.ledger().take(request, rules);
            applied = new Applied(at, outcome.next());
            return CompletableFuture.completedFuture(reply(request, outcome));
        } catch (InvalidProtocolBufferException | ReplicationException e) {
            // Checked before it was logged; if not, every peer refuses it alike.
            applied = new Applied(at, applied.ledger());
            return CompletableFuture.failedFuture(e);
        }
    }

    /** Whatever Ratis thinks of whether this peer may answer: decision 0012. */
    @Override
    public CompletableFuture<Message> query(Message message) {
        return CompletableFuture.failedFuture(
                new UnsupportedOperationException("the register is read through the log"));
    }

    @Override
    public CompletableFuture<Message> queryStale(Message message, long minIndex) {
        return query(message);
    }

    private static RegisterRequest request(ByteString bytes)
            throws InvalidProtocolBufferException, ReplicationException {
        return RegisterCodec.decode(
                io.understudy.proto.v1.RegisterRequest.parseFrom(bytes.toByteArray()));
    }

    private static Message reply(RegisterRequest request, Outcome outcome) {
        byte[] bytes =
                RegisterCodec.encode(request, outcome.ok(), outcome.register(), outcome.reason())
                        .toByteArray();
        return Message.valueOf(ByteString.copyFrom(bytes));
    }
}
