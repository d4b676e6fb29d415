package io.understudy.replication.role;

import io.understudy.replication.witness.Incarnation;
import org.jspecify.annotations.Nullable;

/**
 * The session that a backup took, and how long its primary has been silent. Time decides when to
 * ask the witness, never what may be done.
 */
final class PrimaryWatch {
    private record Session(long id, Incarnation source) {}

    private final RoleTiming timing;
    private @Nullable Session session;
    private long heardNs;

    /** Silence after which the primary counts as lost while there is no session. */
    private long graceNs;

    PrimaryWatch(RoleTiming timing) {
        this.timing = timing;
        this.graceNs = timing.streamLossGraceNs();
    }

    /** The same, with the primary heard at 0. */
    PrimaryWatch copy() {
        PrimaryWatch copy = new PrimaryWatch(timing);
        copy.session = session;
        copy.graceNs = graceNs;
        return copy;
    }

    void encode(StateSink out) {
        Session open = session;
        out.number(open == null ? 0 : open.id());
        out.incarnation(open == null ? null : open.source());
    }

    boolean hasSession() {
        return session != null;
    }

    boolean isCurrent(long id) {
        Session open = session;
        return open != null && open.id() == id;
    }

    /** Number of the open session, null without one. */
    @Nullable Long sessionId() {
        Session open = session;
        return open == null ? null : open.id();
    }

    /** Who sends, in the open session; null without one. */
    @Nullable Incarnation source() {
        Session open = session;
        return open == null ? null : open.source();
    }

    void open(long id, Incarnation source, long nowNs) {
        session = new Session(id, source);
        heardNs = nowNs;
    }

    void close() {
        session = null;
    }

    /** The stream broke: a live primary will be back at the witness before the grace is over. */
    void streamLost(long nowNs) {
        session = null;
        heardNs = nowNs;
        graceNs = timing.streamLossGraceNs();
    }

    /** A new holder has to find its feet, and nothing told that it is lost. */
    void expect(long nowNs) {
        heardNs = nowNs;
        graceNs = timing.detectionNs();
    }

    void heard(long nowNs) {
        heardNs = nowNs;
    }

    boolean isSilent(long nowNs) {
        return nowNs - heardNs > timing.detectionNs();
    }

    boolean isLost(long nowNs) {
        return session == null ? nowNs - heardNs > graceNs : isSilent(nowNs);
    }

    String silence(long nowNs) {
        Session open = session;
        return "%s was silent for %d ms"
                .formatted(
                        open == null ? "the primary" : open.source(),
                        (nowNs - heardNs) / 1_000_000);
    }
}
