package io.understudy.drills.cost;

/**
 * Modelled hardware time of one epoch. Stolen and pause are never only a sum: stolen time makes the
 * guest slower, pause time makes it late.
 *
 * @param baseNs the guest by itself
 * @param stolenNs taken from the guest while it runs
 * @param pauseNs dirty tracking inside the pause
 * @param copyNs pages copied inside the pause, which every dirty log has to do
 */
public record ModelledTime(double baseNs, double stolenNs, double pauseNs, double copyNs) {
    /** What the choice of the dirty log decides about. */
    public double trackingNs() {
        return stolenNs + pauseNs;
    }

    /** How much longer the guest takes, 1 for no protection at all. */
    public double slowdown() {
        return baseNs == 0 ? 1 : (baseNs + stolenNs + pauseNs + copyNs) / baseNs;
    }
}
