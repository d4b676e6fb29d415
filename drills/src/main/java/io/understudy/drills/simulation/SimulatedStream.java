package io.understudy.drills.simulation;

import java.util.ArrayDeque;

/**
 * One connection between two lives of two parties: what is sent arrives in order or not at all, and
 * a break is noticed by each side in its own time, or by none if the way is cut. Two connections
 * between the same parties know nothing of each other: what was sent later on one may arrive
 * earlier than what was sent on the other.
 */
final class SimulatedStream {
    /** One end: a node's life, or the client. */
    interface End {
        String name();

        /** Runs {@code what} when this end is able to, if it still is who it was. */
        void deliver(Runnable what);

        void closed(SimulatedStream stream, String reason);
    }

    /** One direction. */
    private final class Lane {
        private final End from;
        private final End to;
        private final ArrayDeque<Runnable> underWay = new ArrayDeque<>();
        private long lastNs;
        private boolean isLost;

        Lane(End from, End to) {
            this.from = from;
            this.to = to;
        }

        void send(Runnable what, long heldUpNs) {
            long delayNs = world.network().delayNs(name(from), name(to)) + heldUpNs;
            long arrivesNs = Math.max(lastNs, world.nowNs() + delayNs);
            lastNs = arrivesNs;
            underWay.add(what);
            world.after(arrivesNs - world.nowNs(), this::arrive);
        }

        /** Once one thing is lost, everything behind it is. */
        private void arrive() {
            if (!isLost && isBroken && world.random().nextInt(3) == 0) {
                isLost = true;
            }
            if (isLost) {
                underWay.clear();
                return;
            }
            if (!world.network().isOpen(name(from), name(to))) {
                world.after(RETRANSMIT_NS, this::arrive);
                return;
            }
            Runnable next = underWay.poll();
            if (next != null) {
                to.deliver(next);
            }
        }

        private static String name(End end) {
            return end.name();
        }
    }

    private static final long RETRANSMIT_NS = 20 * World.MS;
    private static final double HELLO_HELD_UP = 0.2;
    private static final long HELLO_HELD_UP_MS = 3_000;

    private final World world;
    private final long id;
    private final End primary;
    private final End backup;
    private final Lane toBackup;
    private final Lane toPrimary;
    private boolean isBroken;

    SimulatedStream(World world, End primary, End backup) {
        this.world = world;
        this.id = world.unique();
        this.primary = primary;
        this.backup = backup;
        this.toBackup = new Lane(primary, backup);
        this.toPrimary = new Lane(backup, primary);
    }

    long id() {
        return id;
    }

    /** Who opened it. */
    End primary() {
        return primary;
    }

    End backup() {
        return backup;
    }

    /**
     * The first thing that is said. Now and then it is held up for so long that its sender gives up
     * and calls again, and the later call may come first.
     */
    void hello(Runnable what) {
        boolean isHeldUp = world.chance(HELLO_HELD_UP);
        if (isHeldUp) {
            world.count(Coverage.Kind.HELLO_HELD_UP);
        }
        toBackup.send(what, isHeldUp ? world.betweenMs(0, HELLO_HELD_UP_MS) : 0);
    }

    void toBackup(Runnable what) {
        if (!isBroken) {
            toBackup.send(what, 0);
        }
    }

    void toPrimary(Runnable what) {
        if (!isBroken) {
            toPrimary.send(what, 0);
        }
    }

    boolean isBroken() {
        return isBroken;
    }

    /** What is under way may still arrive, and both sides notice if they can. */
    void breakNow(String reason) {
        if (isBroken) {
            return;
        }
        isBroken = true;
        world.count(Coverage.Kind.SESSION_BROKEN);
        notice(backup, toBackup, reason);
        notice(primary, toPrimary, reason);
    }

    /** A reset follows what was sent before it; over a cut way nothing does. */
    private void notice(End end, Lane lane, String reason) {
        long afterNs = Math.max(0, lane.lastNs - world.nowNs()) + world.betweenMs(1, 40);
        world.after(
                afterNs,
                () -> {
                    if (world.network().isOpen(lane.from.name(), lane.to.name())) {
                        end.deliver(() -> end.closed(this, reason));
                    } else {
                        notice(end, lane, reason);
                    }
                });
    }
}
