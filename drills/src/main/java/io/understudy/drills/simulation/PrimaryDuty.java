package io.understudy.drills.simulation;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.capture.CaptureOptions;
import io.understudy.checkpoint.capture.CapturePolicy;
import io.understudy.checkpoint.capture.CaptureResult;
import io.understudy.checkpoint.capture.CapturedCheckpoint;
import io.understudy.checkpoint.capture.CheckpointCapture;
import io.understudy.checkpoint.capture.CopyMethod;
import io.understudy.checkpoint.encoding.Batch;
import io.understudy.checkpoint.encoding.BatchSink;
import io.understudy.checkpoint.encoding.CheckpointEncoder;
import io.understudy.checkpoint.encoding.EncodedEpoch;
import io.understudy.checkpoint.encoding.EncoderOptions;
import io.understudy.checkpoint.encoding.EncoderPolicy;
import io.understudy.checkpoint.encoding.EpochHeader;
import io.understudy.checkpoint.encoding.EpochTrailer;
import io.understudy.drills.simulation.Coverage.Kind;
import io.understudy.replication.role.NodeState;
import io.understudy.replication.role.PrimaryAction;
import io.understudy.replication.role.PrimaryEvent;
import io.understudy.replication.role.PrimaryRole;
import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.Register;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A node that runs the machine: what the production host does for a {@link PrimaryRole}, with the
 * production capture and encoder, in one thread.
 */
final class PrimaryDuty implements SimulatedStream.End {
    private static final int STEPS_MAX = 12;

    /** How long a backup may take to answer. */
    private static final long WELCOME_WAIT_NS = 400 * World.MS;

    private static final EncoderOptions ENCODER =
            EncoderOptions.DEFAULT.withBatches(16 << 10, 8).withReferencePagesMax(6);

    private final World world;
    private final SimulatedNode node;
    private final int life;
    private final Incarnation self;
    private final PrimaryRole role;
    private final SimulatedMachine machine;
    private final boolean isFirst;
    private final CheckpointCapture capture;
    private final ArrayDeque<CapturedCheckpoint> inFlight = new ArrayDeque<>();
    private long fillingEpoch;
    private boolean isRunning;
    private boolean isFrozen;
    private boolean isFreezeWanted;
    private boolean isClosed;
    private long dialledUntilNs;
    private @Nullable SimulatedStream dialled;
    private @Nullable SimulatedStream opened;
    private @Nullable SimulatedStream stream;
    private @Nullable CheckpointEncoder encoder;

    private PrimaryDuty(
            World world,
            SimulatedNode node,
            Incarnation self,
            PrimaryRole role,
            boolean isFirst,
            long lastEpoch) {
        this.world = world;
        this.node = node;
        this.life = node.life();
        this.self = self;
        this.role = role;
        this.machine = node.machine();
        this.isFirst = isFirst;
        this.fillingEpoch = lastEpoch + 1;
        boolean forgets = world.isPlanted(SimulationPlant.FORGET_HARVESTED_BITS);
        this.capture =
                new CheckpointCapture(
                        machine,
                        new CaptureOptions(
                                256,
                                (int) world.between(1, 4),
                                (int) world.between(1, 6),
                                64,
                                CopyMethod.STAGED),
                        forgets ? new CapturePolicy(false) : CapturePolicy.SAFE,
                        world::nowNs);
    }

    static PrimaryDuty first(World world, SimulatedNode node, Incarnation self) {
        PrimaryRole role =
                PrimaryRole.first(self, SimulatedNode.TIMING, world.rules(), node.hasPeers());
        return new PrimaryDuty(world, node, self, role, true, 0);
    }

    static PrimaryDuty promoted(
            World world,
            SimulatedNode node,
            Incarnation self,
            Register won,
            long epoch,
            long outputOffset) {
        PrimaryRole role =
                PrimaryRole.promoted(
                        self,
                        SimulatedNode.TIMING,
                        world.rules(),
                        node.hasPeers() && !world.isPlanted(SimulationPlant.NEVER_PROTECT_AGAIN),
                        won,
                        epoch,
                        outputOffset,
                        node.machine().input().consumedOffset(),
                        node.nowNs());
        return new PrimaryDuty(world, node, self, role, false, epoch);
    }

    void start() {
        if (isFirst) {
            feed(new PrimaryEvent.Start());
        } else {
            isRunning = true;
            // Rule 3: everything up to the promoted epoch counts as released, so it is.
            release(machine.console().writtenOffset(), machine.input().consumedOffset());
        }
    }

    PrimaryRole role() {
        return role;
    }

    Incarnation self() {
        return self;
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
        if (which == dialled) {
            dialled = null;
            feed(new PrimaryEvent.DialFailed(reason));
        } else {
            feed(new PrimaryEvent.SessionClosed(which.id(), reason));
        }
    }

    void tick(boolean beats) {
        SimulatedStream waiting = dialled;
        if (waiting != null && node.nowNs() > dialledUntilNs) {
            dialled = null;
            waiting.breakNow("no answer");
            feed(new PrimaryEvent.DialFailed("the backup does not answer"));
        }
        if (isRunning && !isFrozen) {
            machine.work(world.random(), STEPS_MAX);
        }
        captureIfDue();
        SimulatedStream open = stream;
        if (beats && open != null) {
            BackupDuty to = (BackupDuty) open.backup();
            long term = role.term();
            open.toBackup(() -> to.heard(open, term));
        }
        if (role.isGateOpen()) {
            feed(
                    new PrimaryEvent.OutputWritten(
                            fillingEpoch,
                            machine.console().writtenOffset(),
                            machine.input().consumedOffset()));
        }
        if (world.isPlanted(SimulationPlant.COMMIT_INPUT_EARLY)) {
            machine.input().commit(machine.input().consumedOffset());
        }
        feed(new PrimaryEvent.Tick());
        if (isRunning && role.state().isLive()) {
            world.client().serve(node, role.term());
        }
    }

    void wantSwitchover() {
        world.count(Kind.SWITCHOVER_WANTED);
        feed(new PrimaryEvent.SwitchoverWanted(world.newIncarnation(node.name())));
    }

    void witnessReplied(Register register) {
        feed(new PrimaryEvent.WitnessReplied(register));
    }

    void witnessSilent() {
        feed(new PrimaryEvent.WitnessSilent("no answer"));
    }

    void breakStream(String reason) {
        SimulatedStream open = stream;
        if (open != null) {
            open.breakNow(reason);
        }
    }

    /** The process or its duty is over: connections break, nothing of it is said any more. */
    void close() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        for (SimulatedStream each : new SimulatedStream[] {dialled, opened, stream}) {
            if (each != null) {
                each.breakNow("the other side is gone");
            }
        }
        endSession();
        capture.close();
    }

    // What a backup says.

    void welcomed(SimulatedStream by, Incarnation peer) {
        if (by == dialled) {
            dialled = null;
            opened = by;
            feed(new PrimaryEvent.SessionOpened(by.id(), peer));
        }
    }

    void acknowledged(SimulatedStream by, Incarnation source, Incarnation me, long epoch) {
        feed(new PrimaryEvent.Acknowledged(by.id(), source, me, epoch));
    }

    void heard(SimulatedStream by) {
        feed(new PrimaryEvent.PeerHeard(by.id()));
    }

    void stale(long term) {
        feed(new PrimaryEvent.StaleHeard(term));
    }

    /** Somebody offers checkpoints to this node, which is live. */
    void offered(SimulatedStream by, Incarnation source, long term) {
        feed(new PrimaryEvent.CheckpointOffered(by.id(), source, term));
        PrimaryDuty to = (PrimaryDuty) by.primary();
        long mine = role.term();
        by.toPrimary(() -> to.stale(mine));
        by.breakNow("that node runs the machine");
    }

    // What the role wants.

    private void feed(PrimaryEvent event) {
        if (isClosed) {
            return;
        }
        NodeState before = role.state();
        world.coverage().stepped(before, event);
        List<PrimaryAction> actions = new ArrayList<>(role.step(event, node.nowNs()));
        NodeState after = role.state();
        if (before != after) {
            world.say("%s %s -> %s %s".formatted(node, before, after, role.detail()));
            if (after == NodeState.HELD) {
                world.count(Kind.HELD);
            }
        }
        for (PrimaryAction action : actions) {
            perform(action);
        }
    }

    private void perform(PrimaryAction action) {
        switch (action) {
            case PrimaryAction.AskWitness(long expected, var operation) ->
                    node.ask(self, expected, operation);
            case PrimaryAction.RunGuest run -> isRunning = true;
            case PrimaryAction.Dial(long call) -> dial(call);
            case PrimaryAction.StartFullCopy copy -> startSession();
            case PrimaryAction.CloseSession(long id, String reason) -> closeSession(id, reason);
            case PrimaryAction.Settle(long throughEpoch) -> settle(throughEpoch);
            case PrimaryAction.Release(long epoch, long offset, long input) ->
                    release(offset, input);
            case PrimaryAction.AbortEpochs abort -> endSession();
            case PrimaryAction.Fence fence -> {
                if (world.isPlanted(SimulationPlant.FLUSH_WHEN_FENCED)) {
                    int spoken = world.checkers().spokenLength();
                    world.checkers().released(node, Math.min(spoken, machine.history().length()));
                }
                node.fenced(role.term());
            }
            case PrimaryAction.AnswerStale stale -> world.count(Kind.STALE_ANSWERED);
            case PrimaryAction.FreezeGuest freeze -> isFreezeWanted = true;
            case PrimaryAction.ResumeGuest resume -> {
                isFreezeWanted = false;
                isFrozen = false;
            }
            case PrimaryAction.OfferMachine(long id, long term, long epoch, var successor) ->
                    offerMachine(term, epoch, successor);
            case PrimaryAction.BecomeBackup given -> node.handedOver(given);
            case PrimaryAction.AnswerSwitchover(boolean isDone, String sentence) -> {
                if (!isDone) {
                    world.count(Kind.SWITCHOVER_CANCELLED);
                }
            }
        }
    }

    private void release(long outputOffset, long inputOffset) {
        world.checkers().released(node, outputOffset);
        machine.console().release(outputOffset);
        machine.input().commit(inputOffset);
    }

    private void dial(long call) {
        SimulatedNode to = node.nextPeer();
        BackupDuty backup = to == null ? null : to.backup();
        PrimaryDuty live = to == null ? null : to.primary();
        SimulatedStream.End end = live != null ? live : backup;
        if (end == null || world.chance(0.1)) {
            world.after(
                    5 * World.MS,
                    () -> deliver(() -> feed(new PrimaryEvent.DialFailed("no route"))));
            return;
        }
        SimulatedStream fresh = new SimulatedStream(world, this, end);
        dialled = fresh;
        dialledUntilNs = node.nowNs() + WELCOME_WAIT_NS;
        long term = role.term();
        if (live != null) {
            fresh.hello(() -> live.offered(fresh, self, term));
        } else if (backup != null) {
            fresh.hello(() -> backup.offered(fresh, self, term, call));
        }
    }

    private void startSession() {
        SimulatedStream fresh = opened;
        opened = null;
        stream = fresh;
        capture.startFullCopy();
        boolean keeps = world.isPlanted(SimulationPlant.KEEP_DELTA_REFERENCE);
        CheckpointEncoder begun =
                new CheckpointEncoder(
                        machine.layout(),
                        ENCODER,
                        keeps ? new EncoderPolicy(false, false) : EncoderPolicy.SAFE,
                        world::nowNs);
        begun.startSession(fresh == null ? 0 : fresh.id());
        encoder = begun;
    }

    private void closeSession(long id, String reason) {
        for (SimulatedStream each : new SimulatedStream[] {opened, stream}) {
            if (each != null && each.id() == id) {
                each.breakNow(reason);
            }
        }
        if (opened != null && opened.id() == id) {
            opened = null;
        }
    }

    private void endSession() {
        SimulatedStream open = stream;
        stream = null;
        if (open != null) {
            open.breakNow("the session ended");
        }
        CapturedCheckpoint oldest = inFlight.peekFirst();
        if (oldest != null) {
            oldest.abort();
            inFlight.clear();
        }
        CheckpointEncoder used = encoder;
        encoder = null;
        if (used != null) {
            used.close();
        }
    }

    private void settle(long throughEpoch) {
        CapturedCheckpoint oldest = inFlight.peekFirst();
        while (oldest != null && oldest.epoch() <= throughEpoch) {
            inFlight.removeFirst();
            oldest.commit();
            oldest = inFlight.peekFirst();
        }
    }

    private void captureIfDue() {
        SimulatedStream open = stream;
        boolean isDue = isFreezeWanted || world.random().nextInt(4) == 0;
        if (open == null || isFrozen || !isRunning || !isDue || !capture.hasRoom()) {
            return;
        }
        long epoch = fillingEpoch++;
        if (capture.capture(epoch, world.nowNs()) instanceof CaptureResult.Captured captured) {
            send(open, captured.checkpoint());
            if (isFreezeWanted
                    && open == stream
                    && captured.checkpoint().status() == CapturedCheckpoint.Status.IN_FLIGHT) {
                isFrozen = true;
                feed(new PrimaryEvent.GuestFrozen(open.id(), epoch));
            }
        }
    }

    private void send(SimulatedStream open, CapturedCheckpoint checkpoint) {
        Truth truth = Truth.of(machine, checkpoint.epoch());
        long inputOffset = machine.input().consumedOffset();
        long term = role.term();
        inFlight.addLast(checkpoint);
        feed(
                new PrimaryEvent.EpochCaptured(
                        open.id(),
                        checkpoint.epoch(),
                        checkpoint.outputOffset(),
                        inputOffset,
                        checkpoint.completesImage()));
        CheckpointEncoder with = encoder;
        if (open != stream || with == null) {
            return;
        }
        BackupDuty to = (BackupDuty) open.backup();
        FrameSink sink = new FrameSink(open, to, term);
        EpochTrailer trailer = sink.run(with, checkpoint);
        if (trailer == null) {
            // Promise 5: the session goes on, and the next epoch is a superset.
            world.count(Kind.EPOCH_ABORTED);
            inFlight.removeLast();
            checkpoint.abort();
            open.toBackup(() -> to.dropped(open));
        } else {
            open.toBackup(() -> to.ended(open, trailer, truth));
        }
    }

    private void offerMachine(long term, long epoch, Incarnation successor) {
        SimulatedStream open = stream;
        if (open != null) {
            BackupDuty to = (BackupDuty) open.backup();
            open.toBackup(() -> to.machineOffered(open, term, epoch, successor));
        }
    }

    /** Takes what the encoder gives, and sometimes refuses to take more. */
    private final class FrameSink implements BatchSink {
        private final SimulatedStream open;
        private final BackupDuty to;
        private final long term;

        FrameSink(SimulatedStream open, BackupDuty to, long term) {
            this.open = open;
            this.to = to;
            this.term = term;
        }

        @Nullable EpochTrailer run(CheckpointEncoder with, CapturedCheckpoint checkpoint) {
            try {
                EncodedEpoch encoded = with.encode(checkpoint, this);
                return encoded == null ? null : encoded.trailer();
            } catch (CorruptStateException e) {
                throw new IllegalStateException("state that was just saved is damaged", e);
            } catch (InterruptedException e) {
                throw new IllegalStateException("nobody interrupts a world", e);
            }
        }

        @Override
        public boolean begin(EpochHeader header) {
            open.toBackup(() -> to.began(open, header, term));
            return !world.chance(0.02);
        }

        @Override
        public boolean accept(Batch batch) {
            byte[] bytes = new byte[batch.length()];
            System.arraycopy(batch.array(), 0, bytes, 0, bytes.length);
            boolean isPages = batch.kind() == Batch.Kind.PAGES;
            batch.release();
            open.toBackup(() -> to.received(open, bytes, isPages));
            return !world.chance(0.02);
        }
    }
}
