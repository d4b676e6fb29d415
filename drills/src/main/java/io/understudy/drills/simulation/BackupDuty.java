package io.understudy.drills.simulation;

import static io.understudy.replication.rule.ProtocolRule.EPOCH_IS_WHOLE_BEFORE_ACKNOWLEDGEMENT;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.apply.PendingEpoch;
import io.understudy.checkpoint.apply.StandbyImage;
import io.understudy.checkpoint.apply.StandbyPolicy;
import io.understudy.checkpoint.encoding.EpochHeader;
import io.understudy.checkpoint.encoding.EpochTrailer;
import io.understudy.drills.simulation.Coverage.Kind;
import io.understudy.replication.role.BackupAction;
import io.understudy.replication.role.BackupEvent;
import io.understudy.replication.role.BackupRole;
import io.understudy.replication.role.NodeState;
import io.understudy.replication.role.PrimaryAction;
import io.understudy.replication.rule.ProtocolRule;
import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.Register;
import io.understudy.replication.witness.RegisterOperation;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A node that receives checkpoints: what the production host does for a {@link BackupRole}, with
 * the production image, in one thread.
 */
final class BackupDuty implements SimulatedStream.End {
    private static final long STAGING_PAGES = 256;

    private final World world;
    private final SimulatedNode node;
    private final int life;
    private final BackupRole role;
    private final StandbyImage image;
    private @Nullable SimulatedStream offered;
    private @Nullable SimulatedStream session;
    private @Nullable PendingEpoch pending;
    private @Nullable Truth staged;
    private @Nullable Truth whole;

    /** Against rule 9: from the question on, what comes is acknowledged and goes nowhere. */
    private boolean isEpochFixed;

    private boolean isClosed;

    private BackupDuty(World world, SimulatedNode node, BackupRole role) {
        this.world = world;
        this.node = node;
        this.life = node.life();
        this.role = role;
        boolean isEager = world.isPlanted(SimulationPlant.APPLY_BEFORE_END);
        boolean isHasty = world.isPlanted(SimulationPlant.PROMOTE_WITHOUT_IMAGE);
        StandbyPolicy policy =
                isEager || isHasty
                        ? new StandbyPolicy(true, !isEager, !isHasty)
                        : StandbyPolicy.SAFE;
        this.image = new StandbyImage(node.machine(), STAGING_PAGES, policy);
    }

    static BackupDuty standby(World world, SimulatedNode node, long knownTerm) {
        return new BackupDuty(
                world,
                node,
                BackupRole.standby(
                        () -> world.newIncarnation(node.name()),
                        SimulatedNode.TIMING,
                        world.rules(),
                        knownTerm));
    }

    static BackupDuty predecessor(
            World world, SimulatedNode node, PrimaryAction.BecomeBackup given) {
        Register register = given.register();
        BackupDuty duty =
                new BackupDuty(
                        world,
                        node,
                        holding(
                                world,
                                node,
                                given.successor(),
                                register.term(),
                                given.epoch(),
                                given.outputOffset()));
        duty.image.adopt(given.epoch());
        duty.whole = Truth.of(node.machine(), given.epoch());
        return duty;
    }

    /** Against rule 11: a restarted node with what it kept. */
    static BackupDuty keeping(
            World world, SimulatedNode node, Incarnation self, Truth truth, long term) {
        node.machine().restoreFrom(truth);
        BackupDuty duty =
                new BackupDuty(
                        world,
                        node,
                        holding(world, node, self, term, truth.epoch(), truth.said().length()));
        duty.image.adopt(truth.epoch());
        duty.whole = truth;
        return duty;
    }

    private static BackupRole holding(
            World world,
            SimulatedNode node,
            Incarnation self,
            long term,
            long epoch,
            long outputOffset) {
        return BackupRole.holding(
                self,
                () -> world.newIncarnation(node.name()),
                SimulatedNode.TIMING,
                world.rules(),
                world.lineage(),
                term,
                epoch,
                outputOffset,
                node.nowNs());
    }

    BackupRole role() {
        return role;
    }

    /** The newest epoch of a whole image, null for none. */
    @Nullable Truth image() {
        return whole;
    }

    @Override
    public String name() {
        return node.name();
    }

    @Override
    public void deliver(Runnable what) {
        node.deliver(life, what);
    }

    @Override
    public void closed(SimulatedStream which, String reason) {
        if (which == session) {
            session = null;
            feed(new BackupEvent.SessionClosed(which.id(), reason));
            dropPending();
        }
    }

    void tick(boolean beats) {
        SimulatedStream open = session;
        if (beats && open != null) {
            PrimaryDuty to = (PrimaryDuty) open.primary();
            open.toPrimary(() -> to.heard(open));
        }
        feed(new BackupEvent.Tick());
    }

    void witnessReplied(Register register) {
        feed(new BackupEvent.WitnessReplied(register));
    }

    void witnessSilent() {
        feed(new BackupEvent.WitnessSilent("no answer"));
    }

    void breakStream(String reason) {
        SimulatedStream open = session;
        if (open != null) {
            open.breakNow(reason);
        }
    }

    void close() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        SimulatedStream open = session;
        session = null;
        if (open != null) {
            open.breakNow("the other side is gone");
        }
        image.close();
    }

    // What a primary says.

    void offered(SimulatedStream by, Incarnation source, long term, long call) {
        if (isClosed) {
            by.breakNow("no node waits here any more");
            return;
        }
        offered = by;
        feed(new BackupEvent.SessionOffered(by.id(), world.lineage(), source, term, call));
        offered = null;
        if (by != session) {
            by.breakNow("refused");
        }
    }

    void heard(SimulatedStream by, long term) {
        feed(new BackupEvent.PrimaryHeard(by.id(), term));
    }

    void began(SimulatedStream by, EpochHeader header, long term) {
        if (by != session) {
            return;
        }
        feed(new BackupEvent.PrimaryHeard(by.id(), term));
        if (isEpochFixed) {
            return;
        }
        if (role.acknowledgedEpoch() >= 0
                && !world.rules().enforces(EPOCH_IS_WHOLE_BEFORE_ACKNOWLEDGEMENT)) {
            acknowledge(((PrimaryDuty) by.primary()).self(), header.epoch());
        }
        try {
            pending = image.begin(header);
        } catch (CorruptStateException e) {
            refuse(by, e);
        }
    }

    void received(SimulatedStream by, byte[] bytes, boolean isPages) {
        PendingEpoch open = pending;
        if (by != session || open == null) {
            return;
        }
        try {
            if (isPages) {
                open.addBatch(ByteBuffer.wrap(bytes));
            } else {
                open.addState(ByteBuffer.wrap(bytes));
            }
        } catch (CorruptStateException e) {
            refuse(by, e);
        }
    }

    /** The primary gave the epoch up; the next one builds on the one before it. */
    void dropped(SimulatedStream by) {
        if (by == session) {
            dropPending();
        }
    }

    void ended(SimulatedStream by, EpochTrailer trailer, Truth truth) {
        PendingEpoch open = pending;
        if (by != session || (open == null && !isEpochFixed)) {
            return;
        }
        try {
            if (open != null) {
                open.complete(trailer);
            }
        } catch (CorruptStateException e) {
            refuse(by, e);
            return;
        }
        staged = truth;
        feed(
                new BackupEvent.EpochStaged(
                        by.id(),
                        role.term(),
                        trailer.epoch(),
                        trailer.outputOffset(),
                        trailer.completesImage()));
    }

    void machineOffered(SimulatedStream by, long term, long epoch, Incarnation successor) {
        feed(new BackupEvent.MachineOffered(by.id(), term, epoch, successor));
    }

    private void refuse(SimulatedStream by, CorruptStateException why) {
        pending = null;
        world.checkers().refused(node, String.valueOf(why.getMessage()));
        by.breakNow(String.valueOf(why.getMessage()));
    }

    private void dropPending() {
        PendingEpoch open = pending;
        pending = null;
        if (open != null) {
            open.drop();
        }
    }

    // What the role wants.

    private void feed(BackupEvent event) {
        if (isClosed) {
            return;
        }
        NodeState before = role.state();
        world.coverage().stepped(before, event);
        List<BackupAction> actions = new ArrayList<>(role.step(event, node.nowNs()));
        if (before != role.state()) {
            world.say("%s %s -> %s %s".formatted(node, before, role.state(), role.detail()));
        }
        for (BackupAction action : actions) {
            perform(action);
        }
    }

    private void perform(BackupAction action) {
        switch (action) {
            case BackupAction.AcceptSession(long id, Incarnation self) -> accept(self);
            case BackupAction.RefuseSession refuse -> {}
            case BackupAction.AnswerStale(long id, long term) -> answerStale(id, term);
            case BackupAction.CloseSession(long id, String reason) -> {
                SimulatedStream open = session;
                if (open != null && open.id() == id) {
                    session = null;
                    open.breakNow(reason);
                }
            }
            case BackupAction.DropUnacknowledged drop -> dropPending();
            case BackupAction.DiscardImage discard -> {
                dropPending();
                image.discard();
                whole = null;
            }
            case BackupAction.Acknowledge(long id, var destination, long epoch, boolean isWhole) ->
                    acknowledge(destination, epoch);
            case BackupAction.Apply apply -> apply();
            case BackupAction.AskWitness(UUID lineage, long expected, var operation) -> {
                if (operation instanceof RegisterOperation.Promote
                        && world.leavesOut(ProtocolRule.PROMOTED_EPOCH_AT_GO_LIVE)) {
                    dropPending();
                    isEpochFixed = true;
                }
                node.ask(role.self(), expected, operation);
            }
            case BackupAction.GoLive(UUID lineage, Register won, long epoch, long offset) ->
                    goLive(won, epoch, offset);
        }
    }

    private void accept(Incarnation self) {
        SimulatedStream taken = offered;
        if (taken != null) {
            dropPending();
            session = taken;
            whole = null;
            image.startSession(taken.id());
            PrimaryDuty to = (PrimaryDuty) taken.primary();
            taken.toPrimary(() -> to.welcomed(taken, self));
        }
    }

    private void answerStale(long id, long term) {
        world.count(Kind.STALE_ANSWERED);
        for (SimulatedStream each : new SimulatedStream[] {offered, session}) {
            if (each != null && each.id() == id) {
                PrimaryDuty to = (PrimaryDuty) each.primary();
                each.toPrimary(() -> to.stale(term));
            }
        }
    }

    private void acknowledge(Incarnation destination, long epoch) {
        SimulatedStream open = session;
        if (open != null) {
            PrimaryDuty to = (PrimaryDuty) open.primary();
            Incarnation source = role.self();
            open.toPrimary(() -> to.acknowledged(open, source, destination, epoch));
        }
    }

    private void apply() {
        PendingEpoch verified = pending;
        Truth truth = staged;
        if (verified == null || truth == null || isEpochFixed) {
            return;
        }
        verified.apply();
        pending = null;
        if (role.acknowledgedEpoch() == truth.epoch()) {
            whole = truth;
            world.checkers().applied(node, truth);
            node.keep(role.self(), truth, role.term());
        }
    }

    private void goLive(Register won, long epoch, long offset) {
        Register register = world.witness().register();
        world.checkers().promoting(role.self(), image.isComplete(), won, register);
        try {
            image.promote();
        } catch (CorruptStateException e) {
            throw new IllegalStateException("a verified state is refused", e);
        }
        Truth truth = whole;
        if (truth != null) {
            node.machine().setHistory(truth.said());
        }
        world.say("%s goes live at epoch %d, offset %d".formatted(node, epoch, offset));
        boolean isHolder = register != null && register.isHeldBy(role.self());
        world.checkers().wentLive(node, truth, epoch, isHolder);
        boolean listens = world.leavesOut(ProtocolRule.LIVE_NODE_TAKES_NOTHING);
        if (!listens) {
            isClosed = true;
            image.close();
        }
        node.wentLive(PrimaryDuty.promoted(world, node, role.self(), won, epoch, offset), listens);
    }
}
