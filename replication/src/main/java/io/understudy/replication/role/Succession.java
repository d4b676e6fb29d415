package io.understudy.replication.role;

import static io.understudy.replication.rule.ProtocolRule.GATE_NEEDS_OWN_SOLO;
import static io.understudy.replication.rule.ProtocolRule.REPLACED_NODE_IS_FENCED;

import io.understudy.replication.role.PrimaryAction.Fence;
import io.understudy.replication.role.PrimaryAction.RunGuest;
import io.understudy.replication.rule.RuleBook;
import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.Register;
import org.jspecify.annotations.Nullable;

/**
 * Who runs the machine: what a register that counts makes of a primary (docs/PROTOCOL.md rules 1, 6
 * and 7). It alone opens the gate after it was closed for a PAIR, and it alone fences.
 */
final class Succession {
    private final Incarnation self;
    private final RuleBook rules;
    private final Decisions<PrimaryAction> decisions;
    private final Standing standing;
    private final WitnessDialogue witness;
    private final OutputCommit commit;
    private final BackupSearch search;

    Succession(
            Incarnation self,
            RuleBook rules,
            Decisions<PrimaryAction> decisions,
            Standing standing,
            WitnessDialogue witness,
            OutputCommit commit,
            BackupSearch search) {
        this.self = self;
        this.rules = rules;
        this.decisions = decisions;
        this.standing = standing;
        this.witness = witness;
        this.commit = commit;
        this.search = search;
    }

    /** An answer of the witness, which may be old. */
    void learn(Register answer, long nowNs) {
        if (witness.counts(answer)) {
            adopt(answer, nowNs);
        } else if (standing.state() == NodeState.HELD) {
            standing.become(NodeState.SOLOING, standing.lostBecause());
        }
    }

    private void adopt(Register answer, long nowNs) {
        witness.adopt(answer);
        Handing under = standing.handing();
        standing.endHandOver();
        if (!answer.isHeldBy(self)) {
            replaced(answer, under, nowNs);
            return;
        }
        if (under != null) {
            under.cancelled("the switchover was cancelled: " + standing.detail());
        }
        if (answer.mode() == Register.Mode.SOLO) {
            goSolo(nowNs);
        } else {
            goPaired(nowNs);
        }
    }

    /** Rule 7; by rule 12 a node that handed its machine over becomes its backup. */
    private void replaced(Register answer, @Nullable Handing under, long nowNs) {
        if (under != null && under.isTakenBy(answer)) {
            fallSilent(
                    "the backup runs the machine now", "handed the machine to " + answer.holder());
            under.taken(answer, commit.releasedOffset(), standing.detail());
        } else if (rules.enforces(REPLACED_NODE_IS_FENCED)) {
            if (under != null) {
                under.overtaken("the machine is at " + answer.holder());
            }
            fallSilent("this node was replaced", "the register says " + answer);
            decisions.add(new Fence(standing.detail()));
        } else {
            goSolo(nowNs);
        }
    }

    private void fallSilent(String toThePeer, String why) {
        commit.close(toThePeer);
        commit.closeGate();
        standing.become(NodeState.FENCED, why);
    }

    /** Rule 1: the register names this incarnation and nobody else, and no PAIR is under way. */
    private void goSolo(long nowNs) {
        commit.close("the register names no backup any more");
        if (standing.state() == NodeState.CLAIMING) {
            search.at(nowNs);
            decisions.add(new RunGuest());
        } else {
            search.pause(nowNs);
        }
        standing.become(NodeState.SOLO, standing.lostBecause());
        commit.openGate();
    }

    private void goPaired(long nowNs) {
        commit.closeGate();
        boolean isInStep =
                standing.state() == NodeState.JOINING || standing.state() == NodeState.HANDING;
        if (isInStep && witness.names(commit.peer())) {
            standing.become(NodeState.PAIRED, "");
        } else {
            // The pair was formed after all, with a backup that was given up meanwhile.
            standing.become(NodeState.SOLOING);
            goOnAlone(nowNs);
        }
    }

    /** Rule 1: the gate opens when the register says so, and not before. */
    void goOnAlone(long nowNs) {
        if (rules.enforces(GATE_NEEDS_OWN_SOLO)) {
            witness.goOnAlone(nowNs);
        } else {
            goSolo(nowNs);
        }
    }
}
