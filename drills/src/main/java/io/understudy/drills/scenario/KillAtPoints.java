package io.understudy.drills.scenario;

import io.understudy.drills.Drill;
import io.understudy.drills.DrillContext;
import io.understudy.drills.DrillException;
import io.understudy.drills.DrillResult;
import io.understudy.drills.DrillResult.Verdict;
import io.understudy.drills.process.StopAtPoint.Place;
import io.understudy.drills.scenario.PointRehearsal.Outcome;
import io.understudy.replication.KillPoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Kills a process exactly before and after each deed that the outside may rely on ({@link
 * KillPoint}), a fresh pair for each, and judges from the client's transcript.
 *
 * <p>A primary that dies before it asked for a pair takes the machine with it: promise 4 holds if
 * nobody goes on. At every other point of a primary the backup goes on. A backup that dies before
 * its PROMOTE leaves the machine to the primary, which had only stood still; one that dies after it
 * takes the machine with it, and the primary must be silent. Promises 1 and 3 hold if no byte was
 * contradicted, lost or repeated, 2 and 6 if the guest found no memory of another time.
 */
public final class KillAtPoints implements Drill {
    @Override
    public String name() {
        return "kill-at-points";
    }

    @Override
    public String sentence() {
        return "kill -9 exactly before and after seal, resume, acknowledgement, release, PAIR and"
                + " PROMOTE";
    }

    @Override
    public DrillResult run(DrillContext context) throws DrillException, InterruptedException {
        Random random = new Random(context.seed());
        Timeline timeline = new Timeline(context.progress());
        List<Outcome> outcomes = new ArrayList<>();
        boolean isUnnamedSilent = true;
        for (KillPoint point : KillPoint.values()) {
            Outcome outcome = rehearse(context, point, timeline, random);
            timeline.add(point.word() + ": " + Verdict.heldIf(outcome.isHeld()).word());
            outcomes.add(outcome);
            if (point == KillPoint.BEFORE_PAIR) {
                isUnnamedSilent = outcome.isAsExpected();
            }
        }
        return new DrillResult(
                name(),
                context.seed(),
                promises(outcomes, isUnnamedSilent),
                outcomes.stream().mapToDouble(Outcome::detectionHostMs).max().orElse(0),
                outcomes.stream().mapToDouble(Outcome::takeoverHostMs).max().orElse(0),
                outcomes.stream().mapToLong(Outcome::epochsLost).max().orElse(0),
                outcomes.stream().mapToLong(Outcome::outputsReleased).sum(),
                outcomes.stream().mapToLong(Outcome::outputsContradicted).sum(),
                timeline.entries());
    }

    private static Outcome rehearse(
            DrillContext context, KillPoint point, Timeline timeline, Random random)
            throws DrillException, InterruptedException {
        for (int attempt = 0; attempt < PointPlaces.attempts(); attempt++) {
            Place place = PointPlaces.draw(point, random, attempt);
            timeline.add("kill point " + place);
            String register = "register-%s-%d".formatted(point.word(), attempt);
            PointRehearsal rehearsal = new PointRehearsal(context, timeline, random, register);
            Outcome outcome =
                    point.isOfBackup()
                            ? rehearsal.killBackup(
                                    place,
                                    PointPlaces.draw(KillPoint.AFTER_RELEASE, random, attempt))
                            : rehearsal.killPrimary(place);
            if (!outcome.isTooEarly()) {
                return outcome;
            }
            timeline.add("the pair was not formed by then; once more");
        }
        throw new DrillException("the pair was never formed before " + point.word());
    }

    private static Map<Integer, Verdict> promises(List<Outcome> outcomes, boolean isUnnamedSilent) {
        boolean isAsExpected = outcomes.stream().allMatch(Outcome::isAsExpected);
        Verdict story =
                Verdict.heldIf(isAsExpected && outcomes.stream().allMatch(Outcome::isOneStory));
        Verdict guest =
                Verdict.heldIf(isAsExpected && outcomes.stream().allMatch(Outcome::isGuestSound));
        return Map.of(1, story, 2, guest, 3, story, 4, Verdict.heldIf(isUnnamedSilent), 6, guest);
    }
}
