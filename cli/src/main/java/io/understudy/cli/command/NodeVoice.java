package io.understudy.cli.command;

import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.ProtectedMachine.StopCause;
import io.understudy.cli.option.Endpoint;
import io.understudy.cli.status.StatusBoard;
import io.understudy.cli.status.StatusDisplay;
import io.understudy.cli.status.StatusText;
import io.understudy.cli.status.Terminal;
import io.understudy.drills.comparison.JudgedEvents;
import io.understudy.drills.process.NodeReport;
import io.understudy.hypervisor.StateDigest;
import io.understudy.hypervisor.VirtualMachine;
import io.understudy.replication.NodeListener;
import io.understudy.replication.NodeStatus;
import io.understudy.replication.role.NodeState;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What a node says: reports on standard output to a parent, or a status line and messages on
 * standard error to a person.
 *
 * <p>The node's loop must not wait for a pipe or a terminal, so a thread of its own does the
 * writing, behind a bounded queue; what does not fit is counted and said later.
 */
final class NodeVoice implements NodeListener, AutoCloseable {
    private static final int QUEUE_MAX = 256;

    /** Something to be written. */
    private sealed interface Utterance {
        record Report(NodeStatus status) implements Utterance {}

        record GuestEnded(NodeReport.GuestEnd end, NodeStatus status) implements Utterance {}

        record Message(String line) implements Utterance {}

        record End() implements Utterance {}
    }

    private final String role;
    private volatile Endpoint listen;
    private final boolean isSupervised;
    private final VirtualMachine machine;
    private final Keeping keeping;
    private final BlockingQueue<Utterance> queue = new ArrayBlockingQueue<>(QUEUE_MAX);
    private final AtomicLong dropped = new AtomicLong();
    private final StatusBoard board;
    private final StatusDisplay display;
    private final Thread writer;
    private NodeReport.@Nullable GuestEnd guestEnd;
    private NodeReport.@Nullable StateDigest stateDigest;

    /**
     * @param listen where the node is to answer; {@link #listening} corrects it
     * @param machine the node's machine, for what only it can tell
     * @param keeping its epochs on disk, if any
     */
    NodeVoice(
            String role,
            Endpoint listen,
            boolean isSupervised,
            VirtualMachine machine,
            Keeping keeping) {
        this.role = role;
        this.listen = listen;
        this.isSupervised = isSupervised;
        this.machine = machine;
        this.keeping = keeping;
        this.board = new StatusBoard(role);
        this.display = new StatusDisplay(System.err, Terminal.isTerminal(2), Terminal.columns());
        this.writer = new Thread(this::write, "understudy-voice");
        writer.setDaemon(true);
        writer.start();
    }

    /** The node answers here. */
    void listening(Endpoint at) {
        listen = at;
        if (!isSupervised) {
            say(new Utterance.Message(role + " listening on " + at));
        }
    }

    @Override
    public void status(NodeStatus status) {
        say(new Utterance.Report(status));
    }

    @Override
    public void stateChanged(NodeState from, NodeState to, NodeStatus status) {
        say(new Utterance.Report(status));
        if (!isSupervised) {
            String why = status.detail().isEmpty() ? "" : ": " + status.detail();
            say(new Utterance.Message(role + " " + to + " (" + to.sentence() + ")" + why));
        }
    }

    @Override
    public void guestEnded(StopCause cause, String exitStatus, NodeStatus status) {
        say(new Utterance.GuestEnded(new NodeReport.GuestEnd(cause.name(), exitStatus), status));
        if (!isSupervised) {
            say(new Utterance.Message("the guest ended: " + exitStatus));
        }
    }

    @Override
    public void notice(String sentence) {
        say(new Utterance.Message(sentence));
    }

    /** Writes what is queued, and ends. */
    @Override
    public void close() {
        try {
            queue.put(new Utterance.End());
            writer.join();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private NodeReport reportOf(NodeStatus status) {
        long pagesCopied = status.epochs().bytesRaw() / PageId.PAGE_BYTES;
        return NodeReport.of(
                        role,
                        listen.toString(),
                        status,
                        machine.exitsByReason(),
                        JudgedEvents.of(machine, pagesCopied).byKey(),
                        stateDigest,
                        guestEnd)
                .withKeep(keeping.status());
    }

    private void say(Utterance utterance) {
        if (!queue.offer(utterance)) {
            dropped.incrementAndGet();
        }
    }

    private void write() {
        try {
            while (true) {
                switch (queue.take()) {
                    case Utterance.Report(NodeStatus status) -> writeReport(status);
                    case Utterance.GuestEnded(NodeReport.GuestEnd end, NodeStatus status) -> {
                        guestEnd = end;
                        stateDigest = digest();
                        writeReport(status);
                    }
                    case Utterance.Message(String line) -> display.message(line);
                    case Utterance.End _ -> {
                        display.clear();
                        return;
                    }
                }
                long lost = dropped.getAndSet(0);
                if (lost > 0) {
                    display.message(lost + " lines of status could not be written in time");
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /** The guest has stopped for good, so reading all of its memory disturbs nobody. */
    private NodeReport.StateDigest digest() {
        StateDigest digest = machine.stateDigest();
        return new NodeReport.StateDigest(digest.instruction(), digest.value().toString());
    }

    private void writeReport(NodeStatus status) {
        NodeReport report = reportOf(status);
        if (isSupervised) {
            System.out.println(report.toJsonLine());
            System.out.flush();
            return;
        }
        long nowNs = System.nanoTime();
        board.report(role, report, nowNs);
        display.status(StatusText.line(board.view()), nowNs);
    }
}
