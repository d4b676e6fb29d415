package io.understudy.replication.role;

import io.understudy.replication.witness.Incarnation;

/**
 * One attempt to give the machine to the backup (docs/PROTOCOL.md rule 12): freeze at epoch k, wait
 * until k is acknowledged and released, offer the machine. Until the offer was sent the attempt can
 * be dropped; from then on only a higher term ends it.
 */
final class Handing {
    private static final long NOT_FROZEN = -1;

    private final Incarnation successor;
    private final long begunNs;
    private long frozenEpoch = NOT_FROZEN;
    private boolean isOffered;

    /** Who this node is once it has become the backup. */
    Handing(Incarnation successor, long begunNs) {
        this.successor = successor;
        this.begunNs = begunNs;
    }

    Handing copy(long nowNs) {
        Handing copy = new Handing(successor, nowNs);
        copy.frozenEpoch = frozenEpoch;
        copy.isOffered = isOffered;
        return copy;
    }

    void encode(StateSink out) {
        out.incarnation(successor);
        out.number(frozenEpoch);
        out.flag(isOffered);
    }

    Incarnation successor() {
        return successor;
    }

    void freeze(long epoch) {
        frozenEpoch = epoch;
    }

    /** The last epoch there is, -1 while the guest still runs. */
    long frozenEpoch() {
        return frozenEpoch;
    }

    /** Whether the peer has everything, so that the machine can be offered to it. */
    boolean isCoveredBy(long acknowledged) {
        return frozenEpoch != NOT_FROZEN && acknowledged >= frozenEpoch;
    }

    void offer() {
        isOffered = true;
    }

    boolean isOffered() {
        return isOffered;
    }

    long ageNs(long nowNs) {
        return nowNs - begunNs;
    }
}
