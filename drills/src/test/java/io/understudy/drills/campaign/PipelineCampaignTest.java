package io.understudy.drills.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.capture.CapturePolicy;
import io.understudy.checkpoint.encoding.EncoderPolicy;
import io.understudy.drills.campaign.KilledRun.Plants;
import io.understudy.hypervisor.DirtyLogPlant;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The real machine and the whole pipeline under every combination of dirty log, copy method, depth,
 * encoding and workers, with the primary killed at a random epoch ({@link KilledRun}).
 *
 * <p>{@code -Dcampaign.seeds=500} runs the long form, {@code -Dcampaign.summary=FILE} writes what
 * was run as JSON.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PipelineCampaignTest {
    private static final int SEEDS = Integer.getInteger("campaign.seeds", 20);
    private static final int PLANT_SEEDS_MAX = 40;

    private final Set<Combination> run = new HashSet<>();
    private int held;
    private long epochs;
    private long failures;

    static LongStream seeds() {
        return LongStream.rangeClosed(1, SEEDS);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void theSurvivorIsTheNewestAcknowledgedEpoch(long seed) throws Exception {
        Combination combination = Combination.ofSeed(seed);
        try (KilledRun killed = new KilledRun(seed, combination, Plants.NONE)) {
            killed.play();
            run.add(combination);
            held++;
            epochs += killed.epochs();
            failures += killed.failures();
        }
    }

    @Test
    void asManySeedsAsThereAreCombinationsHaveThemAll() {
        Set<Combination> reached = new HashSet<>();
        for (long seed = 1; seed <= Combination.all().size(); seed++) {
            reached.add(Combination.ofSeed(seed));
        }
        assertThat(reached).containsExactlyInAnyOrderElementsOf(Combination.all());
    }

    @Test
    void pagesOfAFailedCheckpointThatAreNotGivenBackAreFound() {
        assertFound(new Plants(new CapturePolicy(false), EncoderPolicy.SAFE, DirtyLogPlant.NONE));
    }

    @Test
    void hashesOfAFailedCheckpointThatAreKeptAreFound() {
        assertFound(
                new Plants(CapturePolicy.SAFE, new EncoderPolicy(false, true), DirtyLogPlant.NONE));
    }

    @Test
    void referenceCopiesOfAFailedCheckpointThatAreKeptAreFound() {
        assertFound(
                new Plants(CapturePolicy.SAFE, new EncoderPolicy(true, false), DirtyLogPlant.NONE));
    }

    @Test
    void aDirtyBitThatIsLostIsFound() {
        assertFound(
                new Plants(CapturePolicy.SAFE, EncoderPolicy.SAFE, DirtyLogPlant.LOST_DIRTY_BIT));
    }

    @AfterAll
    void writeSummary() throws Exception {
        String file = System.getProperty("campaign.summary");
        if (file != null) {
            Files.writeString(
                    Path.of(file),
                    """
                    {
                      "schemaVersion": 1,
                      "seeds": %d,
                      "held": %d,
                      "combinations": %d,
                      "combinationsRun": %d,
                      "epochs": %d,
                      "abortsAndRestarts": %d
                    }
                    """
                            .formatted(
                                    SEEDS,
                                    held,
                                    Combination.all().size(),
                                    run.size(),
                                    epochs,
                                    failures));
        }
    }

    /** The audit, the backup's check of digests, or the survivor's state: something must tell. */
    private static void assertFound(Plants plants) {
        Throwable found = null;
        for (long seed = 1; seed <= PLANT_SEEDS_MAX && found == null; seed++) {
            try (KilledRun killed = new KilledRun(seed, Combination.ofSeed(seed), plants)) {
                killed.play();
            } catch (ExecutionException e) {
                found = e.getCause();
            } catch (Exception | AssertionError e) {
                found = e;
            }
        }
        assertThat(found)
                .as("%s within %d seeds", plants, PLANT_SEEDS_MAX)
                .isInstanceOfAny(AssertionError.class, CorruptStateException.class);
    }
}
