package io.understudy.replication.host;

import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.ProtectedMachine;
import io.understudy.checkpoint.apply.EpochObserver;
import io.understudy.proto.v1.PrimaryFrame;
import io.understudy.replication.KillPoint;
import io.understudy.replication.NodeListener;
import io.understudy.replication.NodeOptions;
import io.understudy.replication.NodePolicies;
import io.understudy.replication.NodeStatus;
import io.understudy.replication.ReplicationException;
import io.understudy.replication.console.ConsoleService;
import io.understudy.replication.endpoint.Listener;
import io.understudy.replication.role.NodeState;
import io.understudy.replication.role.PrimaryAction;
import io.understudy.replication.role.RoleTiming;
import io.understudy.replication.transport.CheckpointService;
import io.understudy.replication.transport.IncomingLink;
import io.understudy.replication.transport.Protocol;
import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.RegisterOperation;
import io.understudy.replication.witness.RegisterRequest;
import io.understudy.replication.witness.WitnessAnswer;
import io.understudy.replication.witness.WitnessClient;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A node: one machine, one loop, one port, and the duty it has at present. A backup that wins the
 * machine gets a primary's duty; a primary that is fenced becomes a standby.
 */
public final class NodeHost implements AutoCloseable, CheckpointService.Events {
    private static final long TICK_NS = 5_000_000;

    private final ProtectedMachine machine;
    private final NodeOptions options;
    private final NodePolicies policies;
    private final EpochObserver observer;
    private final RandomGenerator random;
    private final NodeListener listener;
    private final RoleTiming roleTiming;
    private final HostLoop loop;
    private final ScheduledExecutorService heartbeats;
    private final ConsoleService console;
    private final WitnessClient witness;
    private final AtomicBoolean isClosed = new AtomicBoolean();
    private final Listener port;
    private volatile Duty duty;

    private @Nullable ScheduledFuture<?> beating;

    // Of the heartbeat thread.
    private long beatenProgress = -1;

    // Of the loop.
    private long statusDueNs;

    private NodeHost(
            ProtectedMachine machine,
            NodeOptions options,
            NodePolicies policies,
            EpochObserver observer,
            RandomGenerator random,
            NodeListener listener,
            Function<NodeHost, Duty> firstDuty)
            throws ReplicationException {
        this.machine = machine;
        this.options = options;
        this.policies = policies;
        this.observer = observer;
        this.random = random;
        this.listener = listener;
        NodeOptions.Timing timing = options.timing();
        this.roleTiming =
                new RoleTiming(
                        timing.detection().toNanos(),
                        timing.streamLossGrace().toNanos(),
                        timing.retry().toNanos());
        long tickNs = Math.min(TICK_NS, Math.max(1, timing.heartbeat().toNanos() / 4));
        this.loop = new HostLoop("node-loop", tickNs, this::nowNs, this::tick, this::fail);
        this.heartbeats =
                Executors.newSingleThreadScheduledExecutor(
                        Thread.ofPlatform().name("heartbeat").daemon(true).factory());
        this.console = new ConsoleService(machine.output(), machine.input());
        this.witness = new WitnessClient(options.witnesses(), timing.witnessDeadline());
        this.duty = firstDuty.apply(this);
        try {
            this.port =
                    Listener.start(
                            options.listen(),
                            List.of(
                                    new CheckpointService(this),
                                    console,
                                    new NodeStatusService(this::status, this::switchOver)),
                            Runnable::run,
                            Protocol.MESSAGE_BYTES_MAX,
                            Protocol.WINDOW_BYTES,
                            this::notice);
        } catch (ReplicationException e) {
            console.close();
            witness.close();
            heartbeats.shutdownNow();
            throw e;
        }
    }

    /**
     * Starts the first node of a lineage.
     *
     * @throws ReplicationException if it cannot listen
     */
    public static NodeHost primary(
            ProtectedMachine machine,
            UUID newLineage,
            NodeOptions options,
            NodePolicies policies,
            EpochObserver observer,
            RandomGenerator random,
            NodeListener listener)
            throws ReplicationException {
        Incarnation self = Incarnation.draw(options.nodeId(), random);
        NodeHost node =
                new NodeHost(
                        machine,
                        options,
                        policies,
                        observer,
                        random,
                        listener,
                        host -> PrimaryHost.first(host, newLineage, self));
        node.start();
        return node;
    }

    /**
     * Starts a node that waits for a primary.
     *
     * @throws ReplicationException if it cannot listen
     */
    public static NodeHost backup(
            ProtectedMachine machine,
            NodeOptions options,
            NodePolicies policies,
            EpochObserver observer,
            RandomGenerator random,
            NodeListener listener)
            throws ReplicationException {
        NodeHost node =
                new NodeHost(
                        machine,
                        options,
                        policies,
                        observer,
                        random,
                        listener,
                        host -> BackupHost.standby(host, 0));
        node.start();
        return node;
    }

    public int port() {
        return port.port();
    }

    /** Thread-safe, never blocks. */
    public NodeStatus status() {
        return duty.status();
    }

    @Override
    public void close() {
        if (isClosed.compareAndSet(false, true)) {
            ScheduledFuture<?> beats = beating;
            if (beats != null) {
                beats.cancel(true);
            }
            heartbeats.shutdownNow();
            loop.close();
            duty.close();
            port.close();
            console.close();
            witness.close();
            machine.close();
        }
    }

    @Override
    public void frame(IncomingLink link, PrimaryFrame frame) {
        loop.post(() -> duty.incoming(link, frame));
    }

    @Override
    public void closed(IncomingLink link, String reason) {
        loop.post(() -> duty.incomingClosed(link, reason));
    }

    private void switchOver(NodeStatusService.SwitchoverAnswer answer) {
        loop.post(() -> duty.switchOver(answer));
    }

    private void start() {
        loop.post(() -> duty.start());
        loop.start();
        long everyNs = options.timing().heartbeat().toNanos();
        beating =
                heartbeats.scheduleAtFixedRate(this::beat, everyNs, everyNs, TimeUnit.NANOSECONDS);
    }

    /** A loop that hangs must not look alive, so its heart beats only if it moved. */
    private void beat() {
        long progress = loop.progress();
        if (progress != beatenProgress) {
            beatenProgress = progress;
            try {
                duty.heartbeat(progress);
            } catch (RuntimeException e) {
                // Otherwise the executor would keep it to itself and beat no more.
                fail(e);
            }
        }
    }

    private void tick(long sinceLastTickNs) {
        duty.tick(sinceLastTickNs > roleTiming.detectionNs() / 2);
        long now = nowNs();
        if (now >= statusDueNs) {
            statusDueNs = now + options.timing().status().toNanos();
            listener.status(status());
        }
    }

    // For the duties.

    ProtectedMachine machine() {
        return machine;
    }

    NodeOptions options() {
        return options;
    }

    NodePolicies policies() {
        return policies;
    }

    /** Sees the epochs of this node's images. */
    EpochObserver observer() {
        return observer;
    }

    RandomGenerator random() {
        return random;
    }

    NodeListener listener() {
        return listener;
    }

    RoleTiming roleTiming() {
        return roleTiming;
    }

    ConsoleService console() {
        return console;
    }

    long nowNs() {
        return System.nanoTime();
    }

    void post(Runnable task) {
        loop.post(task);
    }

    /** Thread-safe. */
    void notice(String sentence) {
        loop.post(() -> listener.notice(sentence));
    }

    /** A rehearsal may stop this process here. */
    void reached(KillPoint point, long epoch) {
        policies.barrier().reached(point, epoch);
    }

    /** As {@link #reached}, if the witness has accepted what it was asked. */
    void reachedIfAccepted(KillPoint point, long epoch, WitnessAnswer answer) {
        if (answer instanceof WitnessAnswer.Replied(var reply) && reply.ok()) {
            reached(point, epoch);
        }
    }

    /** Asks the witness; the answer is taken on the loop. */
    void ask(
            UUID lineage,
            Incarnation caller,
            long expectedTerm,
            RegisterOperation operation,
            Consumer<WitnessAnswer> then) {
        witness.ask(
                new RegisterRequest(random.nextLong(), lineage, expectedTerm, caller, operation),
                answer -> loop.post(() -> then.accept(answer)));
    }

    /** From the loop: {@code old} has handed its machine over to {@code next}. */
    void wonMachine(Duty old, PrimaryHost next) {
        Invariant.check(duty.equals(old), "a duty ends once");
        duty = next;
        loop.post(next::start);
    }

    /** From the loop: the primary's incarnation is over; the node waits for a new image. */
    void fenced(Duty old, long term) {
        Invariant.check(duty.equals(old), "a duty ends once");
        loop.post(() -> {
            old.close();
            BackupHost standby = BackupHost.standby(this, term);
            duty = standby;
            listener.stateChanged(NodeState.FENCED, standby.status().state(), standby.status());
            standby.start();
        });
    }

    /** From the loop: the backup has the machine, and this node is its backup. */
    void handedOver(Duty old, PrimaryAction.BecomeBackup image) {
        Invariant.check(duty.equals(old), "a duty ends once");
        loop.post(() -> {
            old.close();
            BackupHost next = BackupHost.predecessor(this, image);
            duty = next;
            listener.stateChanged(NodeState.HANDING, next.status().state(), next.status());
            next.start();
        });
    }

    /** From any thread: an error of ours. The node stops. */
    void fail(Throwable t) {
        // Not on the failing thread, which the stop waits for.
        Thread.ofPlatform()
                .name("node-failure")
                .daemon(true)
                .start(() -> {
                    close();
                    listener.failed("%s stops: %s".formatted(options.nodeId(), t));
                });
    }
}
