package io.understudy.replication.host;

import io.understudy.checkpoint.InputPort;
import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.OutputGate;
import io.understudy.checkpoint.ProtectedMachine.StopCause;
import io.understudy.checkpoint.capture.CapturedCheckpoint;
import io.understudy.proto.v1.Ack;
import io.understudy.proto.v1.BackupFrame;
import io.understudy.proto.v1.PrimaryFrame;
import io.understudy.proto.v1.Welcome;
import io.understudy.replication.KillPoint;
import io.understudy.replication.NodeOptions;
import io.understudy.replication.NodeStatus;
import io.understudy.replication.ReplicationException;
import io.understudy.replication.role.NodeState;
import io.understudy.replication.role.PrimaryAction;
import io.understudy.replication.role.PrimaryEvent;
import io.understudy.replication.role.PrimaryRole;
import io.understudy.replication.transport.FrameCodec;
import io.understudy.replication.transport.IncomingLink;
import io.understudy.replication.transport.OutgoingLink;
import io.understudy.replication.transport.SessionHello;
import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.Register;
import io.understudy.replication.witness.RegisterCodec;
import io.understudy.replication.witness.RegisterOperation.Pair;
import io.understudy.replication.witness.WitnessAnswer;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Performs what a {@link PrimaryRole} decides: lets the guest run, captures and sends its epochs,
 * lets its output out. Its parts: {@link BackupCall} (from Hello to Welcome), {@link
 * EpochsInFlight}, {@link MachineThread} and {@link EpochSender} (threads of their own).
 */
final class PrimaryHost
        implements Duty, OutgoingLink.Events, MachineThread.Events, EpochSender.Events {
    /** What other threads may see of the role. */
    private record View(NodeState state, String detail, long term, long epoch, long committed) {}

    private final NodeHost node;
    private final UUID lineage;
    private final Incarnation self;
    private final PrimaryRole role;
    private final boolean isFirst;
    private final EpochMeter meter = new EpochMeter();
    private final MachineThread machine;
    private final EpochSender sender;
    private final OutputGate output;
    private final EpochsInFlight inFlight;
    private final BackupCall call;
    private final Map<Long, IncomingLink> offers = new HashMap<>();
    private @Nullable OutgoingSession fresh;
    private volatile @Nullable OutgoingSession session;
    private volatile View view;
    private @Nullable StopCause ended;
    private boolean endReported;
    private NodeStatusService.@Nullable SwitchoverAnswer switchover;
    private boolean isHandedOver;
    private boolean isClosed;

    private PrimaryHost(
            NodeHost node,
            UUID lineage,
            Incarnation self,
            PrimaryRole role,
            boolean isFirst,
            long lastEpoch) {
        this.node = node;
        this.lineage = lineage;
        this.self = self;
        this.role = role;
        this.isFirst = isFirst;
        this.output = node.machine().output();
        this.inFlight = new EpochsInFlight(meter, lastEpoch);
        this.call = new BackupCall(node, lineage, self, this);
        NodeOptions options = node.options();
        this.machine =
                new MachineThread(
                        node.machine(),
                        options.epochPolicy(),
                        options.stopAtInstruction(),
                        options.pipeline(),
                        node.policies().capture(),
                        lastEpoch,
                        meter,
                        node.policies().barrier(),
                        node::nowNs,
                        this);
        this.sender = new EpochSender(node::nowNs, this);
        this.view = new View(role.state(), "", role.term(), lastEpoch, lastEpoch);
    }

    /** The node that creates the lineage. */
    static PrimaryHost first(NodeHost node, UUID lineage, Incarnation self) {
        PrimaryRole role =
                PrimaryRole.first(
                        self,
                        node.roleTiming(),
                        node.policies().rules(),
                        node.options().backup().isPresent());
        return new PrimaryHost(node, lineage, self, role, true, 0);
    }

    /** A backup that won; its machine is restored and activated. */
    static PrimaryHost promoted(
            NodeHost node,
            UUID lineage,
            Incarnation self,
            Register won,
            long epoch,
            long outputOffset) {
        PrimaryRole role =
                PrimaryRole.promoted(
                        self,
                        node.roleTiming(),
                        node.policies().rules(),
                        node.options().backup().isPresent(),
                        won,
                        epoch,
                        outputOffset,
                        node.machine().input().consumedOffset(),
                        node.nowNs());
        return new PrimaryHost(node, lineage, self, role, false, epoch);
    }

    @Override
    public void start() {
        machine.start();
        sender.start();
        if (isFirst) {
            feed(new PrimaryEvent.Start());
        } else {
            // Rule 3: everything up to the promoted epoch counts as released, so it is.
            output.release(output.writtenOffset());
            InputPort input = node.machine().input();
            input.commit(input.consumedOffset());
            node.console().speak(role::term);
            machine.allow();
        }
    }

    @Override
    public void tick(boolean stalled) {
        OutgoingSession open = session;
        if (stalled && open != null) {
            feed(new PrimaryEvent.PeerHeard(open.id()));
        }
        offerOutput();
        if (call.isOverdue()) {
            call.end("no answer");
            dialFailed("the backup took the connection and does not answer");
        }
        feed(new PrimaryEvent.Tick());
        reportEnd();
    }

    @Override
    public void switchOver(NodeStatusService.SwitchoverAnswer answer) {
        if (switchover != null) {
            answer.answer(false, "a switchover is under way");
            return;
        }
        switchover = answer;
        feed(
                new PrimaryEvent.SwitchoverWanted(
                        Incarnation.draw(node.options().nodeId(), node.random())));
    }

    @Override
    public void incoming(IncomingLink link, PrimaryFrame frame) {
        if (frame.getFrameCase() == PrimaryFrame.FrameCase.HELLO) {
            try {
                SessionHello hello = FrameCodec.decode(frame.getHello());
                offers.put(link.id(), link);
                feed(new PrimaryEvent.CheckpointOffered(link.id(), hello.source(), hello.term()));
                offers.remove(link.id());
            } catch (ReplicationException e) {
                link.close(String.valueOf(e.getMessage()));
            }
        } else {
            link.close("this node runs the machine and takes no checkpoints");
        }
        link.taken();
    }

    @Override
    public void incomingClosed(IncomingLink link, String reason) {
        // It was told to go.
    }

    @Override
    public void heartbeat(long progress) {
        OutgoingSession open = session;
        if (open != null) {
            open.link().sendHeartbeat(view.term(), progress);
        }
    }

    @Override
    public NodeStatus status() {
        View now = view;
        return new NodeStatus(
                self,
                now.state(),
                now.detail(),
                Optional.of(lineage),
                now.term(),
                now.epoch(),
                now.committed(),
                machine.instructions(),
                output.writtenOffset(),
                output.releasedOffset(),
                meter.snapshot());
    }

    @Override
    public void close() {
        isClosed = true;
        answerSwitchover(false, "this node stops");
        node.console().fallSilent();
        call.end("this node stops");
        dropSession("this node stops");
        machine.close();
        sender.close();
        machine.free();
    }

    // What the outside says. These come from other threads and are taken to the loop.

    @Override
    public void frame(OutgoingLink link, BackupFrame frame) {
        long arrivedNs = node.nowNs();
        node.post(() -> receive(link, frame, arrivedNs));
    }

    @Override
    public void closed(OutgoingLink link, String reason) {
        node.post(() -> linkClosed(link, reason));
    }

    @Override
    public void captured(OutgoingSession of, CapturedCheckpoint checkpoint, long inputOffset) {
        EpochRecord epoch = new EpochRecord(of, checkpoint, node.nowNs(), inputOffset);
        // In this order: nothing of the epoch can be acknowledged before the role knows it.
        node.post(() -> enter(epoch));
        sender.send(epoch);
    }

    @Override
    public void frozen(OutgoingSession of, long epoch) {
        node.post(() -> feed(new PrimaryEvent.GuestFrozen(of.id(), epoch)));
    }

    @Override
    public void cannotCapture(OutgoingSession of, String reason) {
        node.post(() -> feed(new PrimaryEvent.SessionClosed(of.id(), reason)));
    }

    @Override
    public void guestEnded(StopCause cause) {
        node.post(() -> ended = cause);
    }

    @Override
    public void auditFailed(OutgoingSession of, String sentence) {
        node.post(() -> {
            node.notice("PROTECTION STOPPED: " + sentence + "; both images are kept");
            feed(new PrimaryEvent.AuditFailed(of.id(), sentence));
        });
    }

    @Override
    public void failed(Throwable t) {
        node.fail(t);
    }

    private void receive(OutgoingLink link, BackupFrame frame, long arrivedNs) {
        OutgoingSession open = session;
        boolean isCurrent = open != null && open.link().equals(link);
        switch (frame.getFrameCase()) {
            case WELCOME -> welcomed(link, frame.getWelcome());
            case ACK -> {
                inFlight.heard(arrivedNs);
                long epoch = frame.getAck().getEpoch();
                node.reached(KillPoint.BEFORE_ACKNOWLEDGEMENT, epoch);
                acknowledged(link, frame.getAck());
                node.reached(KillPoint.AFTER_ACKNOWLEDGEMENT, epoch);
            }
            case HEARTBEAT -> {
                if (open != null && isCurrent) {
                    feed(new PrimaryEvent.PeerHeard(open.id()));
                }
            }
            case STALE -> feed(new PrimaryEvent.StaleHeard(frame.getStale().getTerm()));
            case REFUSAL, FRAME_NOT_SET -> breakOff(link, "an empty frame");
        }
    }

    private void welcomed(OutgoingLink link, Welcome welcome) {
        if (!call.isOn(link)) {
            breakOff(link, "a Welcome that nobody waits for");
            return;
        }
        try {
            BackupCall.Taken taken = call.taken(welcome, () -> view.term());
            fresh = taken.session();
            feed(new PrimaryEvent.SessionOpened(taken.session().id(), taken.peer()));
        } catch (ReplicationException e) {
            call.end(String.valueOf(e.getMessage()));
            dialFailed(String.valueOf(e.getMessage()));
        }
    }

    private void acknowledged(OutgoingLink link, Ack ack) {
        try {
            feed(
                    new PrimaryEvent.Acknowledged(
                            ack.getSession(),
                            RegisterCodec.decode(ack.getSource()),
                            RegisterCodec.decode(ack.getDestination()),
                            ack.getEpoch()));
        } catch (ReplicationException e) {
            breakOff(link, String.valueOf(e.getMessage()));
        }
    }

    /** The other side breaks the protocol. */
    private void breakOff(OutgoingLink link, String reason) {
        link.close(reason);
        linkClosed(link, "the backup sent " + reason);
    }

    private void linkClosed(OutgoingLink link, String reason) {
        OutgoingSession open = session;
        if (call.isOn(link)) {
            call.end(reason);
            dialFailed(reason);
        } else if (open != null && open.link().equals(link)) {
            feed(new PrimaryEvent.SessionClosed(open.id(), reason));
        }
    }

    private void dialFailed(String reason) {
        if (!reason.equals(role.detail())) {
            node.notice(reason);
        }
        feed(new PrimaryEvent.DialFailed(reason));
    }

    private void enter(EpochRecord epoch) {
        CapturedCheckpoint checkpoint = epoch.checkpoint;
        inFlight.captured(checkpoint.epoch());
        if (!epoch.session.equals(session)) {
            checkpoint.abort();
            return;
        }
        inFlight.add(epoch);
        feed(
                new PrimaryEvent.EpochCaptured(
                        epoch.session.id(),
                        checkpoint.epoch(),
                        checkpoint.outputOffset(),
                        epoch.inputOffset,
                        checkpoint.completesImage()));
    }

    private void answered(WitnessAnswer answer) {
        switch (answer) {
            case WitnessAnswer.Replied(var reply) ->
                    feed(new PrimaryEvent.WitnessReplied(reply.register()));
            case WitnessAnswer.Unreachable(String reason) ->
                    feed(new PrimaryEvent.WitnessSilent(reason));
        }
    }

    /** The offsets are read before the epoch's number, so that the number covers them. */
    private void offerOutput() {
        if (role.isGateOpen()) {
            long written = output.writtenOffset();
            long consumed = node.machine().input().consumedOffset();
            feed(new PrimaryEvent.OutputWritten(machine.fillingEpoch(), written, consumed));
        }
    }

    private void reportEnd() {
        StopCause cause = ended;
        if (cause != null
                && !endReported
                && role.state().isLive()
                && output.releasedOffset() == output.writtenOffset()) {
            endReported = true;
            String status =
                    cause == StopCause.EXITED || cause == StopCause.DEAD
                            ? node.machine().exitStatus()
                            : "stopped at instruction " + machine.instructions();
            node.console().end(status);
            node.listener().guestEnded(cause, status, status());
        }
    }

    private void feed(PrimaryEvent event) {
        if (isClosed) {
            return;
        }
        NodeState before = role.state();
        for (PrimaryAction action : role.step(event, node.nowNs())) {
            perform(action);
        }
        view =
                new View(
                        role.state(),
                        role.detail(),
                        role.term(),
                        inFlight.capturedEpoch(),
                        inFlight.committedEpoch());
        if (before != role.state()) {
            node.listener().stateChanged(before, role.state(), status());
            if (role.state() == NodeState.FENCED && !isHandedOver) {
                node.fenced(this, role.term());
            }
        }
    }

    private void perform(PrimaryAction action) {
        switch (action) {
            case PrimaryAction.AskWitness(long expectedTerm, Pair pair) -> {
                node.reached(KillPoint.BEFORE_PAIR, pair.released());
                node.ask(
                        lineage,
                        self,
                        expectedTerm,
                        pair,
                        answer -> {
                            node.reachedIfAccepted(KillPoint.AFTER_PAIR, pair.released(), answer);
                            answered(answer);
                        });
            }
            case PrimaryAction.AskWitness(long expectedTerm, var operation) ->
                    node.ask(lineage, self, expectedTerm, operation, this::answered);
            case PrimaryAction.RunGuest run -> {
                node.console().speak(role::term);
                machine.allow();
            }
            case PrimaryAction.Dial(long number) ->
                    node.options().backup().ifPresent(backup -> dial(backup, number));
            case PrimaryAction.StartFullCopy(long id) -> startFullCopy(id);
            case PrimaryAction.CloseSession(long id, String reason) -> closeSession(id, reason);
            case PrimaryAction.Settle(long throughEpoch) -> settle(throughEpoch);
            case PrimaryAction.Release(long epoch, long outputOffset, long inputOffset) -> {
                node.reached(KillPoint.BEFORE_RELEASE, epoch);
                output.release(outputOffset);
                node.machine().input().commit(inputOffset);
                node.reached(KillPoint.AFTER_RELEASE, epoch);
            }
            case PrimaryAction.AbortEpochs abort -> dropSession("the session ended");
            case PrimaryAction.Fence(String reason) -> {
                node.console().fallSilent();
                machine.close();
            }
            case PrimaryAction.AnswerStale(long offer, long term) -> answerStale(offer, term);
            case PrimaryAction.FreezeGuest(long id) -> machine.freeze();
            case PrimaryAction.ResumeGuest resume -> machine.thaw();
            case PrimaryAction.OfferMachine(
                            long id,
                            long term,
                            long epoch,
                            Incarnation successor) -> {
                OutgoingSession open = Invariant.present(session, "an offer goes to the peer");
                open.link().sendOffer(term, epoch, successor);
            }
            case PrimaryAction.BecomeBackup image -> {
                isHandedOver = true;
                node.console().fallSilent();
                node.handedOver(this, image);
            }
            case PrimaryAction.AnswerSwitchover(boolean isDone, String sentence) ->
                    answerSwitchover(isDone, sentence);
        }
    }

    private void answerSwitchover(boolean isDone, String sentence) {
        NodeStatusService.SwitchoverAnswer waiting = switchover;
        if (waiting != null) {
            switchover = null;
            waiting.answer(isDone, sentence);
        }
    }

    private void dial(InetSocketAddress backup, long number) {
        if (ended != null) {
            dialFailed("the guest has ended, there is nothing left to protect");
        } else {
            call.dial(backup, number, role.term());
        }
    }

    private void startFullCopy(long id) {
        OutgoingSession opened = Invariant.present(fresh, "a session was opened");
        Invariant.check(opened.id() == id, "the copy is for the session that was opened");
        fresh = null;
        session = opened;
        machine.protect(opened);
    }

    private void closeSession(long id, String reason) {
        OutgoingSession unwanted = fresh;
        if (unwanted != null && unwanted.id() == id) {
            fresh = null;
            unwanted.link().close(reason);
            sender.endSession(unwanted);
            return;
        }
        OutgoingSession open = session;
        if (open != null && open.id() == id) {
            open.link().close(reason);
        }
    }

    private void dropSession(String reason) {
        OutgoingSession open = session;
        if (open != null) {
            session = null;
            machine.protect(null);
            open.link().close(reason);
            sender.endSession(open);
        }
        inFlight.abort();
        machine.wake();
    }

    private void settle(long throughEpoch) {
        inFlight.settle(throughEpoch, node.nowNs(), machine::committed);
        machine.wake();
    }

    private void answerStale(long offer, long term) {
        IncomingLink link = offers.get(offer);
        if (link != null) {
            link.sendStale(term);
            link.close("%s runs the machine at term %d".formatted(self, term));
        }
    }
}
