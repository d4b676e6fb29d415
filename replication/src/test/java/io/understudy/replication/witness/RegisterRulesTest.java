package io.understudy.replication.witness;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.replication.rule.RuleBook;
import io.understudy.replication.witness.RegisterOperation.Bump;
import io.understudy.replication.witness.RegisterOperation.Create;
import io.understudy.replication.witness.RegisterOperation.Handover;
import io.understudy.replication.witness.RegisterOperation.Pair;
import io.understudy.replication.witness.RegisterOperation.Promote;
import io.understudy.replication.witness.RegisterOperation.Read;
import io.understudy.replication.witness.RegisterOperation.Solo;
import io.understudy.replication.witness.RegisterRules.Accepted;
import io.understudy.replication.witness.RegisterRules.Decision;
import io.understudy.replication.witness.RegisterRules.Refused;
import io.understudy.replication.witness.RegisterRules.Unknown;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Every row of the table in docs/PROTOCOL.md: what is accepted, and each way to be refused. */
class RegisterRulesTest {
    private static final UUID LINEAGE = new UUID(1, 2);
    private static final Incarnation A = new Incarnation("a", new UUID(0, 1));
    private static final Incarnation A_AGAIN = new Incarnation("a", new UUID(0, 2));
    private static final Incarnation B = new Incarnation("b", new UUID(0, 3));
    private static final Register SOLO = new Register(LINEAGE, 4, A, null, 3);
    private static final Register PAIRED = new Register(LINEAGE, 5, A, B, 7);

    @Test
    void createIsAcceptedOnceByAnInitialisedWitness() {
        assertThat(decide(null, 0, A, new Create()))
                .isEqualTo(new Accepted(new Register(LINEAGE, 1, A, null, 0)));
        assertThat(decide(SOLO, 0, A, new Create())).isInstanceOf(Refused.class);
        assertThat(decide(SOLO, 4, A, new Create())).isInstanceOf(Refused.class);
        assertThat(decide(null, 1, A, new Create())).isInstanceOf(Unknown.class);
    }

    @Test
    void nothingButCreateMeansAnythingToAWitnessWithoutALineage() {
        for (RegisterOperation each :
                List.of(new Read(), new Pair(B, 0), new Solo(), new Promote(0), new Bump())) {
            assertThat(decide(null, 0, A, each)).isInstanceOf(Unknown.class);
        }
    }

    @Test
    void anotherLineageIsUnknownWhateverIsAsked() {
        RegisterRequest request = new RegisterRequest(9, new UUID(7, 7), 4, A, new Bump());
        assertThat(new RegisterRules(RuleBook.ENFORCED).decide(SOLO, request))
                .isInstanceOf(Unknown.class);
    }

    @Test
    void readChangesNothingAtAnyTerm() {
        assertThat(decide(PAIRED, 99, B, new Read())).isEqualTo(new Refused(PAIRED, ""));
    }

    @Test
    void pairIsForTheSoloHolder() {
        assertThat(decide(SOLO, 4, A, new Pair(B, 6)))
                .isEqualTo(new Accepted(new Register(LINEAGE, 5, A, B, 6)));
        refused(SOLO, 4, B, new Pair(B, 6));
        refused(SOLO, 4, A_AGAIN, new Pair(B, 6));
        refused(SOLO, 3, A, new Pair(B, 6));
        refused(SOLO, 5, A, new Pair(B, 6));
        refused(SOLO, 4, A, new Pair(A, 6));
        refused(SOLO, 4, A, new Pair(B, -1));
        refused(PAIRED, 5, A, new Pair(B, 6));
    }

    @Test
    void soloIsForThePairedHolder() {
        assertThat(decide(PAIRED, 5, A, new Solo()))
                .isEqualTo(new Accepted(new Register(LINEAGE, 6, A, null, 7)));
        refused(PAIRED, 5, B, new Solo());
        refused(PAIRED, 5, A_AGAIN, new Solo());
        refused(PAIRED, 4, A, new Solo());
        refused(SOLO, 4, A, new Solo());
    }

    @Test
    void promoteIsForTheNamedBackupThatHasEverythingReleased() {
        assertThat(decide(PAIRED, 5, B, new Promote(7)))
                .isEqualTo(new Accepted(new Register(LINEAGE, 6, B, null, 7)));
        refused(PAIRED, 5, B, new Promote(6));
        refused(PAIRED, 4, B, new Promote(7));
        refused(PAIRED, 5, A, new Promote(7));
        refused(PAIRED, 5, new Incarnation("b", new UUID(0, 9)), new Promote(7));
        refused(SOLO, 4, B, new Promote(7));
    }

    @Test
    void bumpIsForTheHolderAndChangesTheTermAlone() {
        assertThat(decide(SOLO, 4, A, new Bump()))
                .isEqualTo(new Accepted(new Register(LINEAGE, 5, A, null, 3)));
        assertThat(decide(PAIRED, 5, A, new Bump()))
                .isEqualTo(new Accepted(new Register(LINEAGE, 6, A, B, 7)));
        refused(PAIRED, 5, B, new Bump());
        refused(PAIRED, 4, A, new Bump());
    }

    private static void refused(
            Register current, long expected, Incarnation caller, RegisterOperation operation) {
        Decision decision = decide(current, expected, caller, operation);
        assertThat(decision).isInstanceOf(Refused.class);
        assertThat(((Refused) decision).current()).isEqualTo(current);
        assertThat(((Refused) decision).reason()).isNotEmpty();
    }

    @Test
    void handoverIsForTheNamedBackupAndKeepsTheHoldersNodeAsTheBackup() {
        assertThat(decide(PAIRED, 5, B, new Handover(9, A_AGAIN)))
                .isEqualTo(new Accepted(new Register(LINEAGE, 6, B, A_AGAIN, 9)));
        assertThat(decide(PAIRED, 4, B, new Handover(9, A_AGAIN))).isInstanceOf(Refused.class);
        assertThat(decide(PAIRED, 5, A, new Handover(9, A_AGAIN))).isInstanceOf(Refused.class);
        assertThat(decide(SOLO, 4, B, new Handover(9, A_AGAIN))).isInstanceOf(Refused.class);
        // Below the floor, under the same incarnation, under another node's name.
        assertThat(decide(PAIRED, 5, B, new Handover(6, A_AGAIN))).isInstanceOf(Refused.class);
        assertThat(decide(PAIRED, 5, B, new Handover(9, A))).isInstanceOf(Refused.class);
        assertThat(decide(PAIRED, 5, B, new Handover(9, B))).isInstanceOf(Refused.class);
    }

    private static Decision decide(
            @Nullable Register current,
            long expected,
            Incarnation caller,
            RegisterOperation operation) {
        return new RegisterRules(RuleBook.ENFORCED)
                .decide(current, new RegisterRequest(9, LINEAGE, expected, caller, operation));
    }
}
