package io.understudy.drills.scenario;

import io.understudy.drills.Drill;
import io.understudy.drills.DrillContext;
import io.understudy.drills.DrillException;
import io.understudy.drills.DrillResult;
import io.understudy.drills.DrillResult.Verdict;
import io.understudy.drills.process.StopAtPoint.Place;
import io.understudy.drills.scenario.PointRehearsal.Outcome;
import io.understudy.replication.KillPoint;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Stops the primary with SIGSTOP at a point of an epoch, lets it go on after its backup took over,
 * and judges from the client's transcript. The seed draws the point.
 *
 * <p>Promises 1 and 3 hold if the old primary is fenced and no byte was contradicted, lost or
 * repeated, whatever it still held; 2 and 6 if the guest found no memory of another time.
 */
public final class StopPrimary implements Drill {
    @Override
    public String name() {
        return "stop-primary";
    }

    @Override
    public String sentence() {
        return "SIGSTOP of the primary, which goes on after its backup took over: it is fenced and"
                + " contradicts nothing";
    }

    @Override
    public DrillResult run(DrillContext context) throws DrillException, InterruptedException {
        Random random = new Random(context.seed());
        Timeline timeline = new Timeline(context.progress());
        List<KillPoint> points =
                Arrays.stream(KillPoint.values()).filter(point -> !point.isOfBackup()).toList();
        KillPoint drawn = points.get(random.nextInt(points.size()));
        // Before a PAIR nobody would take over.
        KillPoint point = drawn == KillPoint.BEFORE_PAIR ? KillPoint.AFTER_PAIR : drawn;
        Outcome outcome = rehearse(context, point, timeline, random);
        Verdict story = Verdict.heldIf(outcome.isAsExpected() && outcome.isOneStory());
        Verdict guest = Verdict.heldIf(outcome.isAsExpected() && outcome.isGuestSound());
        return new DrillResult(
                name(),
                context.seed(),
                Map.of(1, story, 2, guest, 3, story, 6, guest),
                outcome.detectionHostMs(),
                outcome.takeoverHostMs(),
                outcome.epochsLost(),
                outcome.outputsReleased(),
                outcome.outputsContradicted(),
                timeline.entries());
    }

    private static Outcome rehearse(
            DrillContext context, KillPoint point, Timeline timeline, Random random)
            throws DrillException, InterruptedException {
        for (int attempt = 0; attempt < PointPlaces.attempts(); attempt++) {
            Place place = PointPlaces.draw(point, random, attempt);
            timeline.add("stop point " + place);
            PointRehearsal rehearsal =
                    new PointRehearsal(context, timeline, random, "register-" + attempt);
            Outcome outcome = rehearsal.stopPrimary(place);
            if (!outcome.isTooEarly()) {
                return outcome;
            }
            timeline.add("the pair was not formed by then; once more");
        }
        throw new DrillException("the pair was never formed before " + point.word());
    }
}
