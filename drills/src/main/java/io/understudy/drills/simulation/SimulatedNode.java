package io.understudy.drills.simulation;

import io.understudy.replication.role.BackupAction;
import io.understudy.replication.role.BackupEvent;
import io.understudy.replication.role.BackupRole;
import io.understudy.replication.role.NodeState;
import io.understudy.replication.role.OutputPolicy;
import io.understudy.replication.role.PrimaryAction;
import io.understudy.replication.role.PrimaryEvent;
import io.understudy.replication.role.PrimaryRole;
import io.understudy.replication.role.RoleTiming;
import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.Register;
import io.understudy.replication.witness.RegisterOperation;
import io.understudy.replication.witness.RegisterRequest;
import java.util.ArrayDeque;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One node: a production role, a machine that says numbers, and an image. A node that is paused
 * takes no step and finds everything waiting when it goes on; a node that crashed comes back with
 * nothing.
 */
final class SimulatedNode {
    private static final RoleTiming TIMING =
            new RoleTiming(300 * World.MS, 30 * World.MS, 60 * World.MS);
    private static final long TICK_NS = 10 * World.MS;
    private static final int TICKS_PER_BEAT = 5;

    private final World world;
    private final String name;
    private @Nullable SimulatedNode peer;
    private int life;
    private boolean isUp = true;
    private boolean isPaused;
    private boolean reachesWitness = true;
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
    private @Nullable PrimaryRole primary;
    private @Nullable BackupRole backup;
    private Incarnation self;
    private @Nullable SimulatedStream outgoing;
    private @Nullable SimulatedStream incoming;
    private @Nullable SimulatedStream offering;
    private long ticks;

    private SimulatedMachine machine;
    private int handedOver;

    // The image.
    private History image = new History();
    private History staged = new History();

    SimulatedNode(World world, String name) {
        this.world = world;
        this.name = name;
        this.self = world.newIncarnation(name);
        this.machine = new SimulatedMachine(world);
        world.after(TICK_NS, this::tick);
    }

    void setPeer(SimulatedNode other) {
        peer = other;
    }

    String name() {
        return name;
    }

    void beginFirst() {
        primary = PrimaryRole.first(self, TIMING, policy(), peer != null);
        feed(new PrimaryEvent.Start());
    }

    void beginStandby(long knownTerm) {
        primary = null;
        backup = new BackupRole(this::nextIncarnation, TIMING, knownTerm);
        self = backup.self();
    }

    private Incarnation nextIncarnation() {
        return world.plant == SimulationPlant.SAME_INCARNATION ? self : world.newIncarnation(name);
    }

    private OutputPolicy policy() {
        return world.plant == SimulationPlant.RELEASE_BEFORE_ACKNOWLEDGEMENT
                ? (acknowledged, captured) -> captured
                : OutputPolicy.ACKNOWLEDGED;
    }

    // For the checkers.

    boolean isUp() {
        return isUp;
    }

    boolean isGateOpen() {
        PrimaryRole role = primary;
        return isUp && role != null && role.isGateOpen();
    }

    boolean isLive() {
        PrimaryRole role = primary;
        return isUp && role != null && role.state().isLive();
    }

    Incarnation incarnation() {
        return self;
    }

    /** Highest epoch acknowledged of a whole image, -1 for none. */
    long wholeImageEpoch() {
        BackupRole role = backup;
        return role == null ? -1 : role.acknowledgedEpoch();
    }

    History history() {
        return machine.history();
    }

    History image() {
        return image;
    }

    String state() {
        PrimaryRole live = primary;
        BackupRole spare = backup;
        if (!isUp) {
            return "down";
        }
        return live != null
                ? live.state() + " " + live.detail()
                : spare == null ? "nothing" : spare.state() + " " + spare.detail();
    }

    boolean reachesWitness() {
        return reachesWitness;
    }

    // What befalls it.

    void crash() {
        if (!isUp) {
            return;
        }
        world.say(name + " crashes");
        world.happenings.count(Happenings.Kind.CRASHED);
        isUp = false;
        isPaused = false;
        life++;
        waiting.clear();
        primary = null;
        backup = null;
        machine.stop();
        breakStreams("the other side died");
        outgoing = null;
        incoming = null;
    }

    void restart() {
        if (isUp) {
            return;
        }
        world.say(name + " restarts");
        world.happenings.count(Happenings.Kind.RESTARTED);
        isUp = true;
        forgetEverything();
        beginStandby(0);
    }

    void pause(long forNs) {
        if (!isUp || isPaused) {
            return;
        }
        world.say("%s stands still for %d ms".formatted(name, forNs / World.MS));
        world.happenings.count(Happenings.Kind.PAUSED);
        isPaused = true;
        int pausedLife = life;
        world.after(
                forNs,
                () -> {
                    if (life == pausedLife) {
                        goOn();
                    }
                });
    }

    private void goOn() {
        isPaused = false;
        Runnable next = waiting.poll();
        while (next != null && isUp && !isPaused) {
            next.run();
            next = waiting.poll();
        }
    }

    void cutFromWitness(long forNs) {
        world.say("%s cannot reach the witness for %d ms".formatted(name, forNs / World.MS));
        reachesWitness = false;
        world.after(forNs, () -> reachesWitness = true);
    }

    void breakStreams(String reason) {
        for (SimulatedStream stream : new SimulatedStream[] {outgoing, incoming}) {
            if (stream != null) {
                stream.breakNow(reason);
            }
        }
    }

    /** Runs {@code what} when the node is able to, unless it has died meanwhile. */
    void deliver(int forLife, Runnable what) {
        if (forLife != life || !isUp) {
            return;
        }
        if (isPaused) {
            waiting.add(what);
        } else {
            what.run();
        }
    }

    void witnessReplied(int forLife, Register register) {
        deliver(
                forLife,
                () -> {
                    feed(new PrimaryEvent.WitnessReplied(register));
                    feed(new BackupEvent.WitnessReplied(register));
                });
    }

    void witnessSilent(int forLife) {
        deliver(
                forLife,
                () -> {
                    feed(new PrimaryEvent.WitnessSilent("no answer"));
                    feed(new BackupEvent.WitnessSilent("no answer"));
                });
    }

    void streamClosed(SimulatedStream stream, String reason) {
        if (stream.equals(outgoing)) {
            outgoing = null;
            feed(new PrimaryEvent.DialFailed(reason));
            feed(new PrimaryEvent.SessionClosed(stream.id, reason));
        } else if (stream.equals(incoming)) {
            incoming = null;
            feed(new BackupEvent.SessionClosed(stream.id, reason));
        }
    }

    private void tick() {
        world.after(TICK_NS, this::tick);
        if (!isUp || isPaused) {
            return;
        }
        ticks++;
        work();
        if (ticks % TICKS_PER_BEAT == 0) {
            beat();
        }
        PrimaryRole role = primary;
        if (role != null && role.isGateOpen()) {
            feed(
                    new PrimaryEvent.OutputWritten(
                            machine.fillingEpoch(), machine.history().length()));
        }
        feed(new PrimaryEvent.Tick());
        feed(new BackupEvent.Tick());
    }

    private void work() {
        machine.work();
        SimulatedStream stream = outgoing;
        PrimaryRole role = primary;
        if (stream != null
                && role != null
                && machine.mayCapture()
                && world.random.nextInt(3) == 0) {
            SimulatedMachine.Checkpoint taken = machine.capture();
            feed(
                    new PrimaryEvent.EpochCaptured(
                            stream.id, taken.epoch(), taken.offset(), taken.completesImage()));
            long term = role.term();
            SimulatedNode to = stream.backup;
            stream.toBackup(() -> to.stage(stream, term, taken));
        }
    }

    private void stage(SimulatedStream stream, long term, SimulatedMachine.Checkpoint taken) {
        if (stream.equals(incoming)) {
            staged = taken.content();
            feed(
                    new BackupEvent.EpochStaged(
                            stream.id,
                            term,
                            taken.epoch(),
                            taken.offset(),
                            taken.completesImage()));
        }
    }

    private void beat() {
        SimulatedStream out = outgoing;
        PrimaryRole role = primary;
        if (out != null && role != null && machine.isCapturing()) {
            long term = role.term();
            SimulatedNode to = out.backup;
            out.toBackup(() -> {
                if (out.equals(to.incoming)) {
                    to.feed(new BackupEvent.PrimaryHeard(out.id, term));
                }
            });
        }
        SimulatedStream in = incoming;
        if (in != null) {
            SimulatedNode to = in.primary;
            in.toPrimary(() -> to.feed(new PrimaryEvent.PeerHeard(in.id)));
        }
    }

    private void feed(PrimaryEvent event) {
        PrimaryRole role = primary;
        if (role == null) {
            return;
        }
        NodeState before = role.state();
        for (PrimaryAction action : role.step(event, world.nowNs())) {
            perform(role, action);
        }
        if (before != role.state()) {
            world.say("%s %s -> %s".formatted(name, before, role.state()));
            if (role.state() == NodeState.HELD) {
                world.happenings.count(Happenings.Kind.HELD);
            }
            if (role.state() == NodeState.FENCED) {
                world.happenings.count(Happenings.Kind.FENCED);
                forgetEverything();
                beginStandby(role.term());
            }
        }
    }

    private void perform(PrimaryRole role, PrimaryAction action) {
        switch (action) {
            case PrimaryAction.AskWitness(long expected, RegisterOperation operation) ->
                    ask(expected, operation);
            case PrimaryAction.RunGuest run -> machine.run();
            case PrimaryAction.Dial dial -> dial(role);
            case PrimaryAction.StartFullCopy copy -> machine.startFullCopy();
            case PrimaryAction.CloseSession(long id, String reason) -> {
                SimulatedStream stream = outgoing;
                if (stream != null && stream.id == id) {
                    stream.breakNow(reason);
                    outgoing = null;
                }
            }
            case PrimaryAction.Settle settle -> machine.settle();
            case PrimaryAction.Release(long number, long offset) -> release((int) offset);
            case PrimaryAction.AbortEpochs abort -> machine.abortEpochs();
            case PrimaryAction.Fence fence -> machine.stop();
            case PrimaryAction.AnswerStale stale ->
                    world.happenings.count(Happenings.Kind.STALE_ANSWERED);
        }
    }

    /** Handed to an I/O thread, which writes it whenever it gets to it, if the node still is. */
    private void release(int offset) {
        int releasingLife = life;
        for (int i = handedOver; i < offset; i++) {
            int index = i;
            long what = machine.history().at(index);
            world.after(
                    world.between(0, 3) * World.MS + index,
                    () -> {
                        if (life == releasingLife) {
                            emit(index, what);
                        }
                    });
        }
        handedOver = offset;
    }

    /** An I/O thread writes in order: what comes too early was overtaken and comes again later. */
    private void emit(int index, long what) {
        if (index > world.checkers.emittedLength()) {
            int emittingLife = life;
            world.after(
                    World.MS,
                    () -> {
                        if (life == emittingLife) {
                            emit(index, what);
                        }
                    });
            return;
        }
        world.checkers.emits(name, index, what);
    }

    private void dial(PrimaryRole role) {
        SimulatedNode to = peer;
        int myLife = life;
        if (to == null || !to.isUp || world.chance(0.1)) {
            world.after(
                    5 * World.MS,
                    () -> deliver(myLife, () -> feed(new PrimaryEvent.DialFailed("no route"))));
            return;
        }
        SimulatedStream stream = new SimulatedStream(world, this, myLife, to, to.life);
        outgoing = stream;
        Incarnation source = self;
        long term = role.term();
        UUID lineage = world.lineage;
        stream.toBackup(() -> to.offered(stream, lineage, source, term));
    }

    private void offered(SimulatedStream stream, UUID lineage, Incarnation source, long term) {
        if (primary != null) {
            feed(new PrimaryEvent.CheckpointOffered(stream.id, source, term));
            SimulatedNode to = stream.primary;
            long mine = primary == null ? 0 : primary.term();
            stream.toPrimary(() -> to.feed(new PrimaryEvent.StaleHeard(mine)));
            stream.breakNow("that node is live");
            return;
        }
        offering = stream;
        feed(new BackupEvent.SessionOffered(stream.id, lineage, source, term));
        offering = null;
        if (!stream.equals(incoming)) {
            stream.breakNow("refused");
        }
    }

    private void feed(BackupEvent event) {
        BackupRole role = backup;
        if (role == null || primary != null) {
            return;
        }
        NodeState before = role.state();
        List<BackupAction> actions = role.step(event, world.nowNs());
        for (BackupAction action : actions) {
            perform(role, action);
        }
        if (primary == null) {
            self = role.self();
        }
        if (before != role.state()) {
            world.say("%s %s -> %s".formatted(name, before, role.state()));
        }
    }

    private void perform(BackupRole role, BackupAction action) {
        switch (action) {
            case BackupAction.AcceptSession(long id, Incarnation as) -> {
                SimulatedStream stream = offering;
                if (stream != null) {
                    incoming = stream;
                    image = new History();
                    SimulatedNode to = stream.primary;
                    stream.toPrimary(() -> to.feed(new PrimaryEvent.SessionOpened(stream.id, as)));
                }
            }
            case BackupAction.RefuseSession refuse -> {}
            case BackupAction.AnswerStale(long id, long term) -> {
                world.happenings.count(Happenings.Kind.STALE_ANSWERED);
                SimulatedStream stream = offering != null ? offering : incoming;
                if (stream != null) {
                    SimulatedNode to = stream.primary;
                    stream.toPrimary(() -> to.feed(new PrimaryEvent.StaleHeard(term)));
                }
            }
            case BackupAction.CloseSession(long id, String reason) -> {
                SimulatedStream stream = incoming;
                if (stream != null && stream.id == id) {
                    stream.breakNow(reason);
                    incoming = null;
                }
            }
            case BackupAction.DropUnacknowledged drop -> {}
            case BackupAction.DiscardImage discard -> image = new History();
            case BackupAction.Acknowledge(
                            long id,
                            Incarnation destination,
                            long number,
                            boolean whole) ->
                    acknowledge(role.self(), destination, number);
            case BackupAction.Apply apply -> image = staged;
            case BackupAction.AskWitness(UUID lineage, long expected, var operation) ->
                    ask(expected, operation);
            case BackupAction.GoLive(UUID lineage, Register won, long number, long offset) ->
                    goLive(won, number, offset);
        }
    }

    private void acknowledge(Incarnation source, Incarnation destination, long number) {
        // The acknowledged epoch is in the image from here on: apply cannot fail.
        image = staged;
        SimulatedStream stream = incoming;
        if (stream != null) {
            SimulatedNode to = stream.primary;
            stream.toPrimary(() ->
                    to.feed(new PrimaryEvent.Acknowledged(stream.id, source, destination, number)));
        }
    }

    private void goLive(Register won, long number, long offset) {
        if (image.length() != offset) {
            throw new Checkers.Broken(
                    "promise 4: %s goes live with %d bytes of output instead of %d"
                            .formatted(name, image.length(), offset));
        }
        machine.restore(image, number);
        machine.run();
        handedOver = 0;
        primary =
                PrimaryRole.promoted(
                        self, TIMING, policy(), peer != null, won, number, offset, world.nowNs());
        backup = null;
        world.say("%s goes live at epoch %d, offset %d".formatted(name, number, offset));
        // A survivor offers again what it has: the same bytes, or I1 is broken.
        release((int) offset);
    }

    private void ask(long expected, RegisterOperation operation) {
        world.ask(
                this,
                life,
                new RegisterRequest(world.unique(), world.lineage, expected, self, operation));
    }

    private void forgetEverything() {
        life++;
        waiting.clear();
        machine = new SimulatedMachine(world);
        image = new History();
        staged = new History();
        handedOver = 0;
        breakStreams("the other side starts over");
        outgoing = null;
        incoming = null;
    }
}
