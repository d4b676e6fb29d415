package io.understudy.drills.simulation;

import io.understudy.drills.simulation.Coverage.Kind;
import io.understudy.replication.role.NodeState;
import io.understudy.replication.role.PrimaryAction;
import io.understudy.replication.role.RoleTiming;
import io.understudy.replication.rule.ProtocolRule;
import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.Register;
import io.understudy.replication.witness.RegisterOperation;
import io.understudy.replication.witness.RegisterRequest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One node: a machine, a clock of its own, and the duty it has at present. A node that is stopped
 * takes no step and finds everything waiting when it goes on; one that crashed comes back with
 * nothing but what it kept on its disk, which counts for nothing (rule 11).
 */
final class SimulatedNode {
    static final RoleTiming TIMING = new RoleTiming(300 * World.MS, 30 * World.MS, 60 * World.MS);

    private static final long TICK_NS = 10 * World.MS;
    private static final int TICKS_PER_BEAT = 5;
    private static final int WAITING_MAX = 100_000;
    private static final Incarnation NOBODY = new Incarnation("nobody", new UUID(0, 0));

    /** What a disk may hold: an image of some epoch, and who had it. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Kept(Incarnation self, Truth truth, byte[] memory, long term) {}

    private final World world;
    private final String name;
    private final SimulatedMachine machine = new SimulatedMachine();
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
    private final List<SimulatedNode> peers = new ArrayList<>();

    /** Its clock runs at a pace of its own, from a time of its own. */
    private final double pace;

    private final long clockAheadNs;
    private int life;
    private int nextPeer;
    private boolean isUp;
    private boolean isPaused;
    private long ticks;
    private @Nullable PrimaryDuty primary;
    private @Nullable BackupDuty backup;
    private @Nullable Kept kept;

    SimulatedNode(World world, String name) {
        this.world = world;
        this.name = name;
        this.pace = 0.7 + world.random().nextDouble() * 0.7;
        this.clockAheadNs = world.betweenMs(0, 100_000);
    }

    void meet(SimulatedNode peer) {
        peers.add(peer);
    }

    void beginFirst() {
        begin();
        PrimaryDuty duty = PrimaryDuty.first(world, this, world.newIncarnation(name));
        primary = duty;
        duty.start();
    }

    void beginStandby() {
        begin();
        backup = BackupDuty.standby(world, this, 0);
    }

    private void begin() {
        isUp = true;
        life++;
        machine.reset();
        int mine = life;
        world.after(world.between(0, TICK_NS), () -> tick(mine));
    }

    // For the world.

    String name() {
        return name;
    }

    @Override
    public String toString() {
        return name;
    }

    int life() {
        return life;
    }

    SimulatedMachine machine() {
        return machine;
    }

    /** By its own clock. */
    long nowNs() {
        return clockAheadNs + (long) (world.nowNs() * pace);
    }

    boolean isUp() {
        return isUp;
    }

    boolean isGateOpen() {
        PrimaryDuty duty = primary;
        return isUp && duty != null && duty.role().isGateOpen();
    }

    boolean isLive() {
        PrimaryDuty duty = primary;
        return isUp && duty != null && duty.role().state().isLive();
    }

    /** Whether it is a node that may have an image and runs nothing. */
    boolean isStandingBy() {
        return isUp && primary == null && backup != null;
    }

    Incarnation incarnation() {
        PrimaryDuty live = primary;
        BackupDuty spare = backup;
        return live != null ? live.self() : spare == null ? NOBODY : spare.role().self();
    }

    /** The newest epoch of its whole image, null for none. */
    @Nullable Truth image() {
        BackupDuty spare = backup;
        return isStandingBy() && spare != null ? spare.image() : null;
    }

    @Nullable PrimaryDuty primary() {
        return isUp ? primary : null;
    }

    @Nullable BackupDuty backup() {
        return isUp ? backup : null;
    }

    @Nullable NodeState state() {
        PrimaryDuty live = primary;
        BackupDuty spare = backup;
        if (!isUp) {
            return null;
        }
        return live != null ? live.role().state() : spare == null ? null : spare.role().state();
    }

    String stateText() {
        PrimaryDuty live = primary;
        BackupDuty spare = backup;
        String detail =
                live != null ? live.role().detail() : spare != null ? spare.role().detail() : "";
        return isUp ? "%s%s (%s)".formatted(isPaused ? "stopped " : "", state(), detail) : "down";
    }

    /** The next one to be asked to be the backup; null if there is nobody else. */
    @Nullable SimulatedNode nextPeer() {
        return peers.isEmpty() ? null : peers.get(nextPeer++ % peers.size());
    }

    boolean hasPeers() {
        return !peers.isEmpty();
    }

    // What befalls it.

    void crash() {
        if (!isUp) {
            return;
        }
        world.say(name + " crashes");
        world.count(Kind.CRASHED);
        end();
        isUp = false;
        isPaused = false;
    }

    void restart() {
        if (isUp) {
            return;
        }
        world.say(name + " restarts");
        world.count(Kind.RESTARTED);
        Kept image = kept;
        if (image != null && !world.rules().enforces(ProtocolRule.RESTART_IS_STANDBY)) {
            restartFrom(image);
        } else {
            beginStandby();
        }
    }

    /** Against rule 11: who it was, with what it kept. */
    private void restartFrom(Kept image) {
        begin();
        machine.setMemory(image.memory());
        BackupDuty duty =
                BackupDuty.keeping(world, this, image.self(), image.truth(), image.term());
        backup = duty;
    }

    void stop(long forNs) {
        if (!isUp || isPaused) {
            return;
        }
        world.say("%s stands still for %d ms".formatted(name, forNs / World.MS));
        world.count(Kind.PAUSED);
        isPaused = true;
        int stopped = life;
        world.after(
                forNs,
                () -> {
                    if (life == stopped) {
                        goOn();
                    }
                });
    }

    private void goOn() {
        isPaused = false;
        int mine = life;
        while (life == mine && isUp && !waiting.isEmpty()) {
            waiting.remove().run();
        }
    }

    void breakStreams(String reason) {
        PrimaryDuty live = primary;
        BackupDuty spare = backup;
        if (live != null) {
            live.breakStream(reason);
        }
        if (spare != null) {
            spare.breakStream(reason);
        }
    }

    void close() {
        if (isUp) {
            end();
        }
    }

    /** The process is gone. */
    private void end() {
        waiting.clear();
        life++;
        PrimaryDuty live = primary;
        BackupDuty spare = backup;
        primary = null;
        backup = null;
        if (live != null) {
            live.close();
        }
        if (spare != null) {
            spare.close();
        }
        world.client().nodeGone(this);
    }

    /** Runs {@code what} when the node is able to, unless it has died meanwhile. */
    void deliver(int forLife, Runnable what) {
        if (forLife != life || !isUp) {
            return;
        }
        if (isPaused && waiting.size() < WAITING_MAX) {
            waiting.add(what);
        } else if (!isPaused) {
            what.run();
        }
    }

    void witnessReplied(Register register) {
        PrimaryDuty live = primary;
        BackupDuty spare = backup;
        if (live != null) {
            live.witnessReplied(register);
        } else if (spare != null) {
            spare.witnessReplied(register);
        }
    }

    void witnessSilent() {
        PrimaryDuty live = primary;
        BackupDuty spare = backup;
        if (live != null) {
            live.witnessSilent();
        } else if (spare != null) {
            spare.witnessSilent();
        }
    }

    private void tick(int forLife) {
        if (forLife != life || !isUp) {
            return;
        }
        world.after((long) (TICK_NS / pace), () -> tick(forLife));
        if (isPaused) {
            return;
        }
        ticks++;
        boolean beats = ticks % TICKS_PER_BEAT == 0;
        PrimaryDuty live = primary;
        BackupDuty spare = backup;
        if (live != null) {
            live.tick(beats);
        } else if (spare != null) {
            spare.tick(beats);
        }
    }

    // For its duties.

    void ask(Incarnation caller, long expectedTerm, RegisterOperation operation) {
        new WitnessPath(world)
                .ask(
                        this,
                        new RegisterRequest(
                                world.unique(), world.lineage(), expectedTerm, caller, operation));
    }

    /** Keeps an image on its disk, now and then: it may be old when it is found again. */
    void keep(Incarnation self, Truth truth, long term) {
        if (world.random().nextInt(8) == 0) {
            kept = new Kept(self, truth, machine.copyOfMemory(), term);
        }
    }

    void fenced(long term) {
        PrimaryDuty old = primary;
        world.count(Kind.FENCED);
        primary = null;
        if (old != null) {
            old.close();
        }
        world.client().nodeGone(this);
        backup = BackupDuty.standby(world, this, term);
    }

    void handedOver(PrimaryAction.BecomeBackup given) {
        PrimaryDuty old = primary;
        primary = null;
        if (old != null) {
            old.close();
        }
        world.client().nodeGone(this);
        backup = BackupDuty.predecessor(world, this, given);
    }

    void wentLive(PrimaryDuty duty, boolean keepsListening) {
        BackupDuty old = backup;
        if (!keepsListening) {
            backup = null;
            if (old != null) {
                old.close();
            }
        }
        primary = duty;
        duty.start();
    }
}
