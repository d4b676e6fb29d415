package io.understudy.drills.simulation;

/**
 * One session between two lives of two nodes: what is sent arrives in order or not at all, and a
 * break is noticed by both sides, each in its own time.
 */
final class SimulatedStream {
    private final World world;
    final long id;
    final SimulatedNode primary;
    final int primaryLife;
    final SimulatedNode backup;
    final int backupLife;
    private long lastToBackupNs;
    private long lastToPrimaryNs;
    private boolean isBroken;
    private boolean isCutShort;

    SimulatedStream(
            World world,
            SimulatedNode primary,
            int primaryLife,
            SimulatedNode backup,
            int backupLife) {
        this.world = world;
        this.id = world.unique();
        this.primary = primary;
        this.primaryLife = primaryLife;
        this.backup = backup;
        this.backupLife = backupLife;
    }

    void toBackup(Runnable what) {
        lastToBackupNs = send(lastToBackupNs, backup, backupLife, what);
    }

    void toPrimary(Runnable what) {
        lastToPrimaryNs = send(lastToPrimaryNs, primary, primaryLife, what);
    }

    boolean isBroken() {
        return isBroken;
    }

    /** What is under way may still arrive on one side, and both sides notice. */
    void breakNow(String reason) {
        if (isBroken) {
            return;
        }
        isBroken = true;
        world.happenings.count(Happenings.Kind.SESSION_BROKEN);
        world.after(
                noticeDelay(lastToBackupNs),
                () -> backup.deliver(backupLife, () -> backup.streamClosed(this, reason)));
        world.after(
                noticeDelay(lastToPrimaryNs),
                () -> primary.deliver(primaryLife, () -> primary.streamClosed(this, reason)));
    }

    private long noticeDelay(long lastNs) {
        long after = Math.max(0, lastNs - world.nowNs());
        return after + world.between(1, 40) * World.MS;
    }

    private long send(long lastNs, SimulatedNode to, int life, Runnable what) {
        if (isBroken) {
            return lastNs;
        }
        long atNs = Math.max(lastNs, world.nowNs() + world.between(1, 4) * World.MS) + 1;
        world.after(
                atNs - world.nowNs(),
                () -> {
                    // Once one thing is lost, everything behind it is.
                    if (isBroken && world.random.nextBoolean()) {
                        isCutShort = true;
                    }
                    if (!isCutShort) {
                        to.deliver(life, what);
                    }
                });
        return atNs;
    }
}
