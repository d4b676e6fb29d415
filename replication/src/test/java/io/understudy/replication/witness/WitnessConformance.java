package io.understudy.replication.witness;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.replication.witness.RegisterOperation.Bump;
import io.understudy.replication.witness.RegisterOperation.Create;
import io.understudy.replication.witness.RegisterOperation.Handover;
import io.understudy.replication.witness.RegisterOperation.Pair;
import io.understudy.replication.witness.RegisterOperation.Promote;
import io.understudy.replication.witness.RegisterOperation.Read;
import io.understudy.replication.witness.RegisterOperation.Solo;
import io.understudy.replication.witness.WitnessAnswer.Replied;
import io.understudy.replication.witness.WitnessAnswer.Unreachable;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What nodes rely on, asked over the network of every kind of witness: which operations are legal,
 * that terms are compared and rise by one, that a repeated request gets its first answer, that a
 * restart keeps everything, and that a witness without its state answers nothing.
 */
public abstract class WitnessConformance {
    protected static final UUID LINEAGE = new UUID(1, 2);
    private static final Incarnation A = new Incarnation("a", new UUID(0, 1));
    private static final Incarnation A_AGAIN = new Incarnation("a", new UUID(0, 2));
    private static final Incarnation B = new Incarnation("b", new UUID(0, 3));

    /** A witness of some kind, whatever it consists of. */
    protected interface Rig {
        /** For the first time. */
        void initialise() throws Exception;

        WitnessClient client();

        /** Ends everything in order and starts it with what it kept. */
        void restart() throws Exception;

        /** Ends everything, loses what it kept, and starts it without initialising it. */
        void loseState() throws Exception;

        void close() throws Exception;
    }

    @TempDir private Path folder = Path.of(".");
    private @Nullable Rig rig;
    private long nonce = 1;

    protected abstract Rig rig(Path in) throws Exception;

    @BeforeEach
    void start() throws Exception {
        rig = rig(folder);
        rig().initialise();
    }

    @AfterEach
    void stop() throws Exception {
        rig().close();
    }

    private Rig rig() {
        return Objects.requireNonNull(rig);
    }

    @Test
    void everyOperationIsLegalWhereTheTableSaysAndNowhereElse() throws Exception {
        for (RegisterOperation each :
                List.of(new Read(), new Pair(B, 0), new Solo(), new Promote(0), new Bump())) {
            assertThat(ask(0, A, each)).isInstanceOf(Unreachable.class);
        }
        assertThat(ask(1, A, new Create())).isInstanceOf(Unreachable.class);

        Register solo = accepted(0, A, new Create(), new Register(LINEAGE, 1, A, null, 0));
        refused(solo, 0, A, new Create());
        refused(solo, 1, A, new Solo());
        refused(solo, 1, B, new Pair(B, 4));
        refused(solo, 1, A_AGAIN, new Pair(B, 4));
        refused(solo, 1, A, new Pair(A, 4));
        refused(solo, 2, A, new Pair(B, 4));
        refused(solo, 1, B, new Promote(9));

        Register paired = accepted(1, A, new Pair(B, 4), new Register(LINEAGE, 2, A, B, 4));
        refused(paired, 2, A, new Pair(B, 4));
        refused(paired, 1, A, new Solo());
        refused(paired, 2, B, new Solo());
        refused(paired, 2, B, new Promote(3));
        refused(paired, 2, A, new Promote(4));
        refused(paired, 2, B, new Bump());
        refused(paired, 99, A, new Read());

        accepted(2, A, new Solo(), new Register(LINEAGE, 3, A, null, 4));
        accepted(3, A, new Bump(), new Register(LINEAGE, 4, A, null, 4));
        accepted(4, A, new Pair(B, 6), new Register(LINEAGE, 5, A, B, 6));
        refused(new Register(LINEAGE, 5, A, B, 6), 5, B, new Handover(5, A_AGAIN));
        refused(new Register(LINEAGE, 5, A, B, 6), 5, B, new Handover(6, B));
        accepted(5, B, new Handover(8, A_AGAIN), new Register(LINEAGE, 6, B, A_AGAIN, 8));
        accepted(6, A_AGAIN, new Promote(8), new Register(LINEAGE, 7, A_AGAIN, null, 8));

        assertThat(ask(new RegisterRequest(nonce++, new UUID(7, 7), 7, A_AGAIN, new Bump())))
                .as("another lineage")
                .isInstanceOf(Unreachable.class);
    }

    @Test
    void aRepeatedRequestGetsItsFirstAnswerAndAnotherOneWithTheSameTermIsRefused()
            throws Exception {
        RegisterRequest create = request(0, A, new Create());
        RegisterRequest pair = request(1, A, new Pair(B, 4));
        Register created = new Register(LINEAGE, 1, A, null, 0);
        Register paired = new Register(LINEAGE, 2, A, B, 4);
        assertThat(ask(create)).isEqualTo(yes(create, created));
        assertThat(ask(pair)).isEqualTo(yes(pair, paired));
        assertThat(ask(pair)).as("at once").isEqualTo(yes(pair, paired));

        Register promoted = accepted(2, B, new Promote(4), new Register(LINEAGE, 3, B, null, 4));
        assertThat(ask(pair)).as("after another change").isEqualTo(yes(pair, paired));
        assertThat(ask(create)).isEqualTo(yes(create, created));
        refused(promoted, 1, A, new Pair(B, 4));

        rig().restart();
        assertThat(ask(pair)).as("after a restart").isEqualTo(yes(pair, paired));
        refused(promoted, 1, A, new Pair(B, 4));
        refused(promoted, 3, A, new Read());
    }

    @Test
    void aWitnessThatLostItsStateAnswersNothingAndIsNotMadeUpAgain() throws Exception {
        accepted(0, A, new Create(), new Register(LINEAGE, 1, A, null, 0));
        rig().loseState();
        for (RegisterOperation each : List.of(new Create(), new Read(), new Bump())) {
            assertThat(ask(0, A, each)).isInstanceOf(Unreachable.class);
        }
        rig().restart();
        for (RegisterOperation each : List.of(new Create(), new Read(), new Bump())) {
            assertThat(ask(0, A, each)).isInstanceOf(Unreachable.class);
        }
    }

    private Register accepted(
            long expected, Incarnation caller, RegisterOperation operation, Register result)
            throws Exception {
        RegisterRequest request = request(expected, caller, operation);
        assertThat(ask(request)).isEqualTo(yes(request, result));
        // Whoever reads after an accepted change sees it.
        RegisterRequest read = request(0, caller, new Read());
        assertThat(ask(read))
                .isEqualTo(new Replied(new RegisterReply(read.nonce(), 0, false, result, "")));
        return result;
    }

    private void refused(
            Register current, long expected, Incarnation caller, RegisterOperation operation)
            throws Exception {
        assertThat(ask(expected, caller, operation))
                .isInstanceOfSatisfying(
                        Replied.class,
                        replied -> {
                            assertThat(replied.reply().ok()).isFalse();
                            assertThat(replied.reply().register()).isEqualTo(current);
                        });
    }

    private static WitnessAnswer yes(RegisterRequest request, Register register) {
        return new Replied(
                new RegisterReply(request.nonce(), request.expectedTerm(), true, register, ""));
    }

    private RegisterRequest request(
            long expected, Incarnation caller, RegisterOperation operation) {
        return new RegisterRequest(nonce++, LINEAGE, expected, caller, operation);
    }

    private WitnessAnswer ask(long expected, Incarnation caller, RegisterOperation operation)
            throws Exception {
        return ask(request(expected, caller, operation));
    }

    private WitnessAnswer ask(RegisterRequest request) throws Exception {
        return Questions.ask(rig().client(), request);
    }
}
