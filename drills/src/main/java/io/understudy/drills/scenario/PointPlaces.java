package io.understudy.drills.scenario;

import io.understudy.drills.process.StopAtPoint.Place;
import io.understudy.replication.KillPoint;
import java.util.Random;

/** Which epoch of a point to stop at. */
final class PointPlaces {
    /** A pair is formed after some five epochs; on a busy host, or after a broken copy, later. */
    private static final int[] EPOCHS_MIN = {40, 160, 640};

    private static final int EPOCHS_SPREAD = 40;

    private PointPlaces() {}

    /** How often a rehearsal is tried until its point comes under protection. */
    static int attempts() {
        return EPOCHS_MIN.length;
    }

    /** Pairing and promoting happen once; of anything else, one that happens under protection. */
    static Place draw(KillPoint point, Random random, int attempt) {
        return switch (point) {
            case BEFORE_PAIR, AFTER_PAIR, BEFORE_PROMOTE, AFTER_PROMOTE -> new Place(point, 0);
            case BEFORE_SEAL,
                    AFTER_SEAL,
                    BEFORE_RESUME,
                    AFTER_RESUME,
                    BEFORE_ACKNOWLEDGEMENT,
                    AFTER_ACKNOWLEDGEMENT,
                    BEFORE_RELEASE,
                    AFTER_RELEASE ->
                    new Place(point, EPOCHS_MIN[attempt] + random.nextInt(EPOCHS_SPREAD));
        };
    }
}
