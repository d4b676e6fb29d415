package io.understudy.replication.witness.replicated;

import com.google.protobuf.InvalidProtocolBufferException;
import io.understudy.proto.v1.RegisterReply;
import io.understudy.replication.witness.RegisterCodec;
import io.understudy.replication.witness.RegisterRequest;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.ratis.client.RaftClient;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.io.grpc.StatusRuntimeException;
import org.jspecify.annotations.Nullable;

/** Brings requests to the leader of the cluster, wherever it is. Thread-safe. */
final class RegisterQuorum implements AutoCloseable {
    private final MemberServer server;
    private final ReentrantLock lock = new ReentrantLock();

    /** Those that {@link #client} was made for. */
    private List<RaftPeer> clientsMembers = List.of();

    private @Nullable RaftClient client;

    RegisterQuorum(MemberServer server) {
        this.server = server;
    }

    /**
     * Blocks until the cluster has answered, or for about a second.
     *
     * @throws IOException if no majority was found; the request may have been accepted
     */
    RegisterReply ask(RegisterRequest request) throws IOException {
        RaftClient asking = client();
        RaftClientReply reply;
        try {
            reply = send(asking, request);
        } catch (StatusRuntimeException e) {
            throw new IOException(e.getMessage(), e);
        }
        if (!reply.isSuccess()) {
            throw new IOException(String.valueOf(reply.getException()));
        }
        try {
            return RegisterReply.parseFrom(reply.getMessage().getContent().toByteArray());
        } catch (InvalidProtocolBufferException e) {
            throw new IOException("the answer of the leader is malformed", e);
        }
    }

    /**
     * Through the log, reads too: what Ratis calls a linearizable read is not one (decision 0012).
     */
    static RaftClientReply send(RaftClient asking, RegisterRequest request) throws IOException {
        return asking.io()
                .send(
                        Message.valueOf(
                                ByteString.copyFrom(RegisterCodec.encode(request).toByteArray())));
    }

    private RaftClient client() throws IOException {
        Collection<RaftPeer> now = server.members();
        lock.lock();
        try {
            RaftClient current = client;
            if (current == null || !clientsMembers.equals(List.copyOf(now))) {
                if (current != null) {
                    retire(current);
                }
                clientsMembers = List.copyOf(now);
                current =
                        RatisSettings.client(
                                RaftGroup.valueOf(server.member().groupId(), clientsMembers));
                client = current;
            }
            return current;
        } finally {
            lock.unlock();
        }
    }

    /** Others may still be waiting for its answers. */
    private static void retire(RaftClient old) {
        Thread.ofVirtual()
                .start(() -> {
                    try {
                        TimeUnit.SECONDS.sleep(5);
                        old.close();
                    } catch (InterruptedException _) {
                        Thread.currentThread().interrupt();
                    } catch (IOException _) {
                        // It is given up in any case.
                    }
                });
    }

    @Override
    public void close() throws IOException {
        lock.lock();
        try {
            RaftClient last = client;
            if (last != null) {
                last.close();
            }
        } finally {
            lock.unlock();
        }
    }
}
