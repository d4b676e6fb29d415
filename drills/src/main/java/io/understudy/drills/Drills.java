package io.understudy.drills;

import io.understudy.drills.scenario.KillAtPoints;
import io.understudy.drills.scenario.KillPrimary;
import io.understudy.drills.scenario.NoImageNoPromotion;
import io.understudy.drills.scenario.StopPrimary;
import io.understudy.drills.scenario.WitnessPeerLost;
import io.understudy.drills.scenario.WitnessPeerLost.Loss;
import java.util.List;
import java.util.Optional;

/** Every drill that can be rehearsed. */
public final class Drills {
    private static final List<Drill> ALL =
            List.of(
                    new KillPrimary(),
                    new NoImageNoPromotion(),
                    new KillAtPoints(),
                    new StopPrimary(),
                    new WitnessPeerLost(Loss.KILLED),
                    new WitnessPeerLost(Loss.RESTARTED),
                    new WitnessPeerLost(Loss.WIPED),
                    new WitnessPeerLost(Loss.MAJORITY_WIPED));

    private Drills() {}

    /** In the order in which they are listed and run. */
    public static List<Drill> all() {
        return ALL;
    }

    public static Optional<Drill> named(String name) {
        return ALL.stream().filter(drill -> drill.name().equals(name)).findFirst();
    }
}
