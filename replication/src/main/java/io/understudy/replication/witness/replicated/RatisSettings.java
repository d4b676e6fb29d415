package io.understudy.replication.witness.replicated;

import java.io.File;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.client.RaftClient;
import org.apache.ratis.client.RaftClientConfigKeys;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.retry.RetryPolicies;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;

/** What Ratis is told. Everything that safety rests on is said here, default or not. */
final class RatisSettings {
    /** A change of the register is a few hundred bytes; Ratis wants an append and 1 MB more. */
    private static final SizeInBytes MESSAGE_BYTES_MAX = SizeInBytes.valueOf("2MB");

    private static final SizeInBytes SEGMENT_BYTES_MAX = SizeInBytes.valueOf("1MB");
    private static final SizeInBytes SEGMENT_BYTES_AT_FIRST = SizeInBytes.valueOf("64KB");
    private static final SizeInBytes APPEND_BYTES_MAX = SizeInBytes.valueOf("256KB");

    /** Must hold an append and its framing. */
    private static final SizeInBytes WRITE_BUFFER_BYTES = SizeInBytes.valueOf("512KB");

    private static final SizeInBytes QUEUED_BYTES_MAX = SizeInBytes.valueOf("4MB");
    private static final int QUEUED_MAX = 256;

    /** Entries between two snapshots; with the purge gap this bounds the log. */
    static final long SNAPSHOT_EVERY_ENTRIES = 1_000;

    private static final int SNAPSHOTS_KEPT = 2;

    /**
     * Silence of the leader after which a peer asks for votes, drawn between the two: far above a
     * scheduling delay of a busy host, and below the deadline of a node's question.
     */
    private static final TimeDuration ELECTION_MIN =
            TimeDuration.valueOf(200, TimeUnit.MILLISECONDS);

    private static final TimeDuration ELECTION_MAX =
            TimeDuration.valueOf(400, TimeUnit.MILLISECONDS);

    private static final TimeDuration CLIENT_TIMEOUT =
            TimeDuration.valueOf(700, TimeUnit.MILLISECONDS);
    private static final TimeDuration CLIENT_PAUSE =
            TimeDuration.valueOf(20, TimeUnit.MILLISECONDS);
    private static final int CLIENT_ATTEMPTS = 40;

    /** A new member has to be brought up to date first. */
    private static final TimeDuration ADMIN_TIMEOUT = TimeDuration.valueOf(5, TimeUnit.SECONDS);

    private static final int ADMIN_ATTEMPTS = 6;

    private RatisSettings() {}

    static RaftProperties server(InetSocketAddress at, Path folder) {
        RaftProperties p = new RaftProperties();
        GrpcConfigKeys.Server.setHost(p, at.getHostString());
        GrpcConfigKeys.Server.setPort(p, at.getPort());
        GrpcConfigKeys.setMessageSizeMax(p, MESSAGE_BYTES_MAX);
        File root = folder.toFile();
        RaftServerConfigKeys.setStorageDir(p, List.of(root));
        RaftServerConfigKeys.setRemovedGroupsDir(p, new File(root, "removed"));

        // On the disk of a majority before anybody hears of it.
        RaftServerConfigKeys.Log.setUseMemory(p, false);
        RaftServerConfigKeys.Log.setUnsafeFlushEnabled(p, false);
        RaftServerConfigKeys.Log.setAsyncFlushEnabled(p, false);
        RaftServerConfigKeys.Log.setCorruptionPolicy(
                p, RaftServerConfigKeys.Log.CorruptionPolicy.EXCEPTION);

        // Only what a majority of old and new members agree on changes the members.
        RaftServerConfigKeys.LeaderElection.setMemberMajorityAdd(p, false);
        RaftServerConfigKeys.LeaderElection.setPreVote(p, true);

        bounds(p);
        RaftServerConfigKeys.Rpc.setTimeoutMin(p, ELECTION_MIN);
        RaftServerConfigKeys.Rpc.setTimeoutMax(p, ELECTION_MAX);
        RaftServerConfigKeys.Rpc.setRequestTimeout(p, ELECTION_MAX);
        return p;
    }

    private static void bounds(RaftProperties p) {
        RaftServerConfigKeys.Log.setSegmentSizeMax(p, SEGMENT_BYTES_MAX);
        RaftServerConfigKeys.Log.setPreallocatedSize(p, SEGMENT_BYTES_AT_FIRST);
        RaftServerConfigKeys.Log.setWriteBufferSize(p, WRITE_BUFFER_BYTES);
        RaftServerConfigKeys.Log.setQueueByteLimit(p, QUEUED_BYTES_MAX);
        RaftServerConfigKeys.Log.setQueueElementLimit(p, QUEUED_MAX);
        RaftServerConfigKeys.Log.setPurgeUptoSnapshotIndex(p, true);
        RaftServerConfigKeys.Log.setPurgeGap(p, (int) SNAPSHOT_EVERY_ENTRIES);
        RaftServerConfigKeys.Log.Appender.setBufferByteLimit(p, APPEND_BYTES_MAX);
        RaftServerConfigKeys.Log.Appender.setSnapshotChunkSizeMax(p, APPEND_BYTES_MAX);
        RaftServerConfigKeys.Snapshot.setAutoTriggerEnabled(p, true);
        RaftServerConfigKeys.Snapshot.setAutoTriggerThreshold(p, SNAPSHOT_EVERY_ENTRIES);
        RaftServerConfigKeys.Snapshot.setRetentionFileNum(p, SNAPSHOTS_KEPT);
        RaftServerConfigKeys.Write.setElementLimit(p, QUEUED_MAX);
    }

    /** A client that finds the leader, tries for about the time that a node waits, and gives up. */
    static RaftClient client(RaftGroup group) {
        return client(group, CLIENT_TIMEOUT, CLIENT_ATTEMPTS);
    }

    /** A client for changes of membership. */
    static RaftClient admin(RaftGroup group) {
        return client(group, ADMIN_TIMEOUT, ADMIN_ATTEMPTS);
    }

    /** A client that asks one peer once. */
    static RaftClient probe(RaftGroup group) {
        return client(group, CLIENT_TIMEOUT, 1);
    }

    private static RaftClient client(RaftGroup group, TimeDuration timeout, int attempts) {
        RaftProperties p = new RaftProperties();
        GrpcConfigKeys.setMessageSizeMax(p, MESSAGE_BYTES_MAX);
        RaftClientConfigKeys.Rpc.setRequestTimeout(p, timeout);
        return RaftClient.newBuilder()
                .setProperties(p)
                .setParameters(new Parameters())
                .setRaftGroup(group)
                .setRetryPolicy(
                        RetryPolicies.retryUpToMaximumCountWithFixedSleep(attempts, CLIENT_PAUSE))
                .build();
    }
}
