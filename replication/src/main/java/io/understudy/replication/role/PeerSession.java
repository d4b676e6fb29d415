package io.understudy.replication.role;

import io.understudy.replication.role.PrimaryEvent.Acknowledged;
import io.understudy.replication.witness.Incarnation;

/**
 * One stream of a primary to one incarnation of a backup. What that one acknowledged counts for
 * nobody else (docs/PROTOCOL.md rule 2).
 */
final class PeerSession {
    private final long id;
    private final Incarnation self;
    private final Incarnation peer;
    private long heardNs;

    /** First epoch that completed the copy; no earlier one shows a whole image. */
    private long imageEpoch = Long.MAX_VALUE;

    /** Last epoch acknowledged with a whole image, -1 before. */
    private long acknowledged = -1;

    PeerSession(long id, Incarnation self, Incarnation peer, long nowNs) {
        this.id = id;
        this.self = self;
        this.peer = peer;
        this.heardNs = nowNs;
    }

    /** The same session, with nothing heard since {@code nowNs}. */
    PeerSession copy(long nowNs) {
        PeerSession copy = new PeerSession(id, self, peer, nowNs);
        copy.imageEpoch = imageEpoch;
        copy.acknowledged = acknowledged;
        return copy;
    }

    void encode(StateSink out) {
        out.number(id);
        out.incarnation(peer);
        out.number(imageEpoch);
        out.number(acknowledged);
    }

    long id() {
        return id;
    }

    Incarnation peer() {
        return peer;
    }

    long acknowledged() {
        return acknowledged;
    }

    void heard(long nowNs) {
        heardNs = nowNs;
    }

    long silentNs(long nowNs) {
        return nowNs - heardNs;
    }

    void captured(long epoch, boolean completesImage) {
        if (completesImage && imageEpoch == Long.MAX_VALUE) {
            imageEpoch = epoch;
        }
    }

    /** Rule 2: source, destination and session are those of this session. */
    boolean counts(Acknowledged ack) {
        return id == ack.session() && ack.source().equals(peer) && ack.destination().equals(self);
    }

    /** Cumulative. */
    void acknowledge(long epoch) {
        if (epoch >= imageEpoch) {
            acknowledged = Math.max(acknowledged, epoch);
        }
    }
}
