package io.understudy.replication.role;

import static io.understudy.replication.rule.ProtocolRule.GATE_CLOSES_BEFORE_PAIR;
import static io.understudy.replication.rule.ProtocolRule.PAIR_COVERS_RELEASED;

import io.understudy.replication.role.PrimaryEvent.AuditFailed;
import io.understudy.replication.role.PrimaryEvent.SessionClosed;
import io.understudy.replication.rule.RuleBook;
import io.understudy.replication.witness.Incarnation;
import java.util.Optional;

/**
 * How a primary gains a backup and loses it (docs/PROTOCOL.md rules 5, 6 and 8). Invariant: a PAIR
 * names only a peer that has everything released, and behind a closed gate.
 */
final class Protection {
    private final RuleBook rules;
    private final Standing standing;
    private final WitnessDialogue witness;
    private final OutputCommit commit;
    private final BackupSearch search;
    private final Succession succession;

    Protection(
            RuleBook rules,
            Standing standing,
            WitnessDialogue witness,
            OutputCommit commit,
            BackupSearch search,
            Succession succession) {
        this.rules = rules;
        this.standing = standing;
        this.witness = witness;
        this.commit = commit;
        this.search = search;
        this.succession = succession;
    }

    /**
     * Rule 5: (a) the peer has acknowledged everything released; (b) the gate closed before, at the
     * first acknowledgement of a whole image; (c) a release handed over counts as released.
     */
    void pairIfCovered(long nowNs) {
        if (commit.acknowledged() < 0) {
            return;
        }
        if (rules.enforces(GATE_CLOSES_BEFORE_PAIR)) {
            commit.closeGate();
        }
        if (!witness.isPairSent()
                && (commit.isReleasedCovered() || !rules.enforces(PAIR_COVERS_RELEASED))) {
            askPair(nowNs);
        }
    }

    void askPair(long nowNs) {
        Incarnation peer = commit.peer();
        if (peer != null) {
            long covered = Math.min(commit.acknowledged(), commit.releasedEpoch());
            witness.pair(peer, covered, nowNs);
        }
    }

    /** Why the open session is over, if it is the one that was closed. */
    Optional<String> sessionLost(SessionClosed closed) {
        if (!commit.isCurrent(closed.session())) {
            return Optional.empty();
        }
        commit.drop();
        return Optional.of(closed.reason());
    }

    /** The backup keeps its image; no other one is made from a memory that cannot be trusted. */
    Optional<String> sessionLost(AuditFailed failed) {
        if (!commit.isCurrent(failed.session())) {
            return Optional.empty();
        }
        search.giveUp();
        commit.close(failed.sentence());
        return Optional.of(failed.sentence());
    }

    /** The session broke before its peer was known to be named. */
    void joinFailed(String reason, long nowNs) {
        standing.lostBackup(reason);
        search.failed(nowNs);
        if (witness.isPairSent()) {
            // Rule 6: it may yet be accepted. Only a higher term tells.
            standing.become(NodeState.SOLOING);
            succession.goOnAlone(nowNs);
        } else {
            standing.become(NodeState.SOLO);
            commit.openGate();
        }
    }

    /** Rule 8: the named backup is lost; output waits until it is struck out. */
    void backupLost(String reason, long nowNs) {
        standing.lostBackup(reason);
        standing.become(NodeState.SOLOING);
        succession.goOnAlone(nowNs);
    }
}
