package io.understudy.replication.host;

import com.google.protobuf.ByteString;
import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.apply.PendingEpoch;
import io.understudy.checkpoint.apply.StandbyImage;
import io.understudy.checkpoint.encoding.EpochTrailer;
import io.understudy.proto.v1.EpochBegin;
import io.understudy.proto.v1.EpochEnd;
import io.understudy.proto.v1.Hello;
import io.understudy.proto.v1.MachineOffer;
import io.understudy.proto.v1.PrimaryFrame;
import io.understudy.replication.EpochStatistics;
import io.understudy.replication.KillPoint;
import io.understudy.replication.NodeStatus;
import io.understudy.replication.PipelineOptions;
import io.understudy.replication.ReplicationException;
import io.understudy.replication.ReplicationException.Kind;
import io.understudy.replication.role.BackupAction;
import io.understudy.replication.role.BackupEvent;
import io.understudy.replication.role.BackupRole;
import io.understudy.replication.role.NodeState;
import io.understudy.replication.role.PrimaryAction;
import io.understudy.replication.transport.FrameCodec;
import io.understudy.replication.transport.IncomingLink;
import io.understudy.replication.transport.SessionHello;
import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.Register;
import io.understudy.replication.witness.RegisterCodec;
import io.understudy.replication.witness.RegisterOperation.Promote;
import io.understudy.replication.witness.WitnessAnswer;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Performs what a {@link BackupRole} decides: receives, verifies, acknowledges and applies epochs,
 * and hands the machine to a {@link PrimaryHost} when it is won.
 */
final class BackupHost implements Duty {
    private static final long NS_PER_SECOND = 1_000_000_000L;

    /** Of one tick: well below a millisecond of hashing. */
    private static final int SCRUB_PAGES_MAX = 256;

    /** The session that is taken, and the frame order in it. */
    private record Session(IncomingLink link, SessionHello hello) {}

    private record View(
            Incarnation self,
            NodeState state,
            String detail,
            Optional<UUID> lineage,
            long term,
            long epoch,
            long acknowledged,
            long instructions,
            long outputOffset) {}

    private final NodeHost node;
    private final BackupRole role;
    private final StandbyImage image;
    private final long scrubPagesPerSecond;
    private long scrubbedNs;
    private byte[] buffer = new byte[0];
    private @Nullable Session offered;
    private volatile @Nullable Session session;
    private @Nullable PendingEpoch pending;
    private @Nullable EpochTrailer newest;
    private volatile View view;
    private boolean isClosed;

    private BackupHost(NodeHost node, BackupRole role) {
        this.node = node;
        this.role = role;
        PipelineOptions pipeline = node.options().pipeline();
        this.image =
                new StandbyImage(
                        node.machine(),
                        pipeline.stagingPages(node.machine().layout()),
                        node.policies().standby(),
                        node.observer());
        this.scrubPagesPerSecond = pipeline.scrubPagesPerSecond();
        this.view = newView();
    }

    /**
     * A node without an image.
     *
     * @param knownTerm highest term this process has seen
     */
    static BackupHost standby(NodeHost node, long knownTerm) {
        return new BackupHost(
                node,
                BackupRole.standby(
                        () -> Incarnation.draw(node.options().nodeId(), node.random()),
                        node.roleTiming(),
                        node.policies().rules(),
                        knownTerm));
    }

    /** A node that gave its machine away and keeps it, frozen, as the image. */
    static BackupHost predecessor(NodeHost node, PrimaryAction.BecomeBackup given) {
        BackupHost host =
                new BackupHost(
                        node,
                        BackupRole.holding(
                                given.successor(),
                                () -> Incarnation.draw(node.options().nodeId(), node.random()),
                                node.roleTiming(),
                                node.policies().rules(),
                                given.register().lineage(),
                                given.register().term(),
                                given.epoch(),
                                given.outputOffset(),
                                node.nowNs()));
        host.newest = host.image.adopt(given.epoch());
        host.view = host.newView();
        return host;
    }

    @Override
    public void start() {
        // Waits to be dialled.
    }

    @Override
    public void tick(boolean stalled) {
        Session open = session;
        if (stalled && open != null) {
            feed(new BackupEvent.PrimaryHeard(open.link().id(), role.term()));
        }
        feed(new BackupEvent.Tick());
        scrub();
    }

    /** A few pages of the image each tick; the first call only takes the time. */
    private void scrub() {
        long now = node.nowNs();
        long pages = (now - scrubbedNs) * scrubPagesPerSecond / NS_PER_SECOND;
        if (scrubPagesPerSecond == 0 || role.state() != NodeState.BACKUP) {
            scrubbedNs = now;
            return;
        }
        if (pages == 0) {
            return;
        }
        scrubbedNs = now;
        try {
            image.scrub((int) Math.min(pages, SCRUB_PAGES_MAX));
        } catch (CorruptStateException e) {
            String sentence = String.valueOf(e.getMessage());
            node.notice("PROTECTION STOPPED: " + sentence + "; the image is kept");
            feed(new BackupEvent.ImageDamaged(sentence));
        }
    }

    @Override
    public void switchOver(NodeStatusService.SwitchoverAnswer answer) {
        answer.answer(
                false,
                "this node %s: ask the node that runs the machine"
                        .formatted(role.state().sentence()));
    }

    @Override
    public void incoming(IncomingLink link, PrimaryFrame frame) {
        try {
            receive(link, frame);
        } catch (ReplicationException | CorruptStateException e) {
            drop(link, String.valueOf(e.getMessage()));
        }
        link.taken();
    }

    @Override
    public void incomingClosed(IncomingLink link, String reason) {
        sessionLost(link, reason);
    }

    @Override
    public void heartbeat(long progress) {
        Session open = session;
        if (open != null) {
            open.link().sendHeartbeat(view.term(), progress);
        }
    }

    @Override
    public NodeStatus status() {
        View now = view;
        return new NodeStatus(
                now.self(),
                now.state(),
                now.detail(),
                now.lineage(),
                now.term(),
                now.epoch(),
                Math.max(0, now.acknowledged()),
                now.instructions(),
                now.outputOffset(),
                0,
                EpochStatistics.NONE);
    }

    @Override
    public void close() {
        isClosed = true;
        Session open = session;
        if (open != null) {
            session = null;
            open.link().close("this node stops");
        }
        image.close();
    }

    private void receive(IncomingLink link, PrimaryFrame frame)
            throws ReplicationException, CorruptStateException {
        if (frame.getFrameCase() == PrimaryFrame.FrameCase.HELLO) {
            greeted(link, frame.getHello());
            return;
        }
        Session open = session;
        if (open == null || !open.link().equals(link)) {
            // What was under way when its session ended, or a stream that did not say Hello.
            link.close("no session was taken here");
            return;
        }
        switch (frame.getFrameCase()) {
            case HEARTBEAT ->
                    feed(new BackupEvent.PrimaryHeard(link.id(), frame.getHeartbeat().getTerm()));
            case EPOCH_BEGIN -> begin(link, frame.getEpochBegin());
            case PAGE_BATCH -> open("a page batch").addBatch(copy(frame.getPageBatch().getBatch()));
            case STATE_CHUNK ->
                    open("machine state").addState(copy(frame.getStateChunk().getState()));
            case EPOCH_END -> end(link, frame.getEpochEnd());
            case MACHINE_OFFER -> offered(link, frame.getMachineOffer());
            case HELLO, FRAME_NOT_SET -> throw malformed("an empty frame");
        }
    }

    private void greeted(IncomingLink link, Hello hello) throws ReplicationException {
        Session open = session;
        if (open != null && open.link().equals(link)) {
            throw malformed("a second Hello in one session");
        }
        SessionHello decoded = FrameCodec.decode(hello);
        Optional<String> difference =
                FrameCodec.difference(decoded.layout(), node.machine().layout());
        if (difference.isPresent()) {
            throw malformed(difference.get());
        }
        offered = new Session(link, decoded);
        feed(
                new BackupEvent.SessionOffered(
                        link.id(),
                        decoded.lineage(),
                        decoded.source(),
                        decoded.term(),
                        decoded.call()));
        offered = null;
    }

    private void begin(IncomingLink link, EpochBegin begin)
            throws ReplicationException, CorruptStateException {
        if (pending != null) {
            throw malformed("an epoch that begins inside another");
        }
        // A heartbeat of a newer term may have overtaken it: the session, not the frame, says whose
        // it is.
        feed(new BackupEvent.PrimaryHeard(link.id(), begin.getTerm()));
        pending = image.begin(FrameCodec.decode(begin));
    }

    private void end(IncomingLink link, EpochEnd end)
            throws ReplicationException, CorruptStateException {
        PendingEpoch whole = open("the end of an epoch");
        EpochTrailer trailer = FrameCodec.decode(end);
        whole.complete(trailer);
        newest = trailer;
        feed(
                new BackupEvent.EpochStaged(
                        link.id(),
                        role.term(),
                        trailer.epoch(),
                        trailer.outputOffset(),
                        trailer.completesImage()));
        Invariant.check(pending == null, "a verified epoch is applied (rule 4)");
    }

    private void offered(IncomingLink link, MachineOffer offer) throws ReplicationException {
        feed(
                new BackupEvent.MachineOffered(
                        link.id(),
                        offer.getTerm(),
                        offer.getEpoch(),
                        RegisterCodec.decode(offer.getSuccessor())));
    }

    private PendingEpoch open(String what) throws ReplicationException {
        PendingEpoch now = pending;
        if (now == null) {
            throw malformed(what + " outside of an epoch");
        }
        return now;
    }

    /** Into one buffer that is used again: the decoder is faster on it than on a read-only view. */
    private ByteBuffer copy(ByteString bytes) {
        if (buffer.length < bytes.size()) {
            buffer = new byte[bytes.size()];
        }
        bytes.copyTo(buffer, 0);
        return ByteBuffer.wrap(buffer, 0, bytes.size());
    }

    /** The frame breaks the format: the session goes, the image and the guest are unharmed. */
    private void drop(IncomingLink link, String sentence) {
        node.notice("dropped a session: " + sentence);
        link.close(sentence);
        sessionLost(link, sentence);
    }

    private void sessionLost(IncomingLink link, String reason) {
        Session open = session;
        if (open != null && open.link().equals(link)) {
            session = null;
            feed(new BackupEvent.SessionClosed(link.id(), reason));
            dropPending();
        }
    }

    private void dropPending() {
        PendingEpoch unfinished = pending;
        pending = null;
        if (unfinished != null) {
            unfinished.drop();
        }
    }

    private void answered(WitnessAnswer answer) {
        switch (answer) {
            case WitnessAnswer.Replied(var reply) ->
                    feed(new BackupEvent.WitnessReplied(reply.register()));
            case WitnessAnswer.Unreachable(String reason) ->
                    feed(new BackupEvent.WitnessSilent(reason));
        }
    }

    private void feed(BackupEvent event) {
        if (isClosed) {
            return;
        }
        NodeState before = role.state();
        for (BackupAction action : role.step(event, node.nowNs())) {
            perform(action);
        }
        view = newView();
        if (before != role.state()) {
            node.listener().stateChanged(before, role.state(), status());
        }
    }

    private void perform(BackupAction action) {
        switch (action) {
            case BackupAction.AcceptSession(long id, Incarnation self) -> accept(id, self);
            case BackupAction.RefuseSession(long id, String reason) -> refuse(id, reason);
            case BackupAction.AnswerStale(long id, long term) -> answerStale(id, term);
            case BackupAction.CloseSession(long id, String reason) -> closeSession(id, reason);
            case BackupAction.DropUnacknowledged drop -> dropPending();
            case BackupAction.DiscardImage discard -> {
                dropPending();
                newest = null;
                image.discard();
            }
            case BackupAction.Acknowledge(
                            long id,
                            Incarnation destination,
                            long epoch,
                            boolean wholeImage) ->
                    acknowledge(destination, epoch, wholeImage);
            case BackupAction.Apply(long epoch) -> {
                PendingEpoch verified = Invariant.present(pending, "an epoch was verified");
                verified.apply();
                pending = null;
            }
            case BackupAction.AskWitness(UUID lineage, long expectedTerm, Promote promote) -> {
                long epoch = promote.acknowledged();
                node.reached(KillPoint.BEFORE_PROMOTE, epoch);
                node.ask(
                        lineage,
                        role.self(),
                        expectedTerm,
                        promote,
                        answer -> {
                            node.reachedIfAccepted(KillPoint.AFTER_PROMOTE, epoch, answer);
                            answered(answer);
                        });
            }
            case BackupAction.AskWitness(UUID lineage, long expectedTerm, var operation) ->
                    node.ask(lineage, role.self(), expectedTerm, operation, this::answered);
            case BackupAction.GoLive(UUID lineage, Register won, long epoch, long outputOffset) ->
                    goLive(lineage, won, epoch, outputOffset);
        }
    }

    private void accept(long id, Incarnation self) {
        Session taken = Invariant.present(offered, "a session was offered");
        Invariant.check(taken.link().id() == id, "the session taken is the one offered");
        dropPending();
        newest = null;
        image.startSession(taken.hello().digestKey());
        node.observer().sessionStarted(taken.hello().lineage(), taken.hello().digestKey());
        session = taken;
        taken.link().sendWelcome(self);
    }

    private void refuse(long id, String reason) {
        Session refused = offered;
        if (refused != null && refused.link().id() == id) {
            refused.link().close(reason);
        }
    }

    private void answerStale(long id, long term) {
        for (Session each : new Session[] {offered, session}) {
            if (each != null && each.link().id() == id) {
                each.link().sendStale(term);
                if (each.equals(offered)) {
                    each.link().close("the register has reached term " + term);
                }
            }
        }
    }

    private void closeSession(long id, String reason) {
        Session open = session;
        if (open != null && open.link().id() == id) {
            session = null;
            open.link().close(reason);
        }
    }

    private void acknowledge(Incarnation destination, long epoch, boolean wholeImage) {
        Session open = Invariant.present(session, "an epoch came in a session");
        open.link()
                .sendAcknowledgement(
                        open.hello().session(), role.self(), destination, epoch, wholeImage);
    }

    private void goLive(UUID lineage, Register won, long epoch, long outputOffset) {
        Invariant.check(image.epoch() == epoch, "everything acknowledged is applied (rule 4)");
        try {
            image.promote();
        } catch (CorruptStateException e) {
            node.fail(e);
            return;
        }
        image.close();
        isClosed = true;
        node.wonMachine(
                this, PrimaryHost.promoted(node, lineage, role.self(), won, epoch, outputOffset));
    }

    private View newView() {
        EpochTrailer trailer = newest;
        return new View(
                role.self(),
                role.state(),
                role.detail(),
                Optional.ofNullable(role.lineage()),
                role.term(),
                trailer == null ? 0 : trailer.epoch(),
                role.acknowledgedEpoch(),
                trailer == null ? 0 : trailer.instruction(),
                trailer == null ? 0 : trailer.outputOffset());
    }

    private static ReplicationException malformed(String message) {
        return new ReplicationException(Kind.MALFORMED_MESSAGE, message);
    }
}
