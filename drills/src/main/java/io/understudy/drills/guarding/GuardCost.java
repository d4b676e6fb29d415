package io.understudy.drills.guarding;

import java.util.Map;

/**
 * What guarding costs a guest.
 *
 * @param ratio processor time of the guarded machine over that of the other
 * @param control the same where neither was guarded: 1, or the method is biased
 * @param instructions of the stretches in which the one was guarded and the other was not
 * @param addedExitsByReason exits that the guarded machine had there and the other had not
 */
public record GuardCost(
        PairedRatio ratio,
        PairedRatio control,
        long instructions,
        Map<String, Long> addedExitsByReason) {
    static final GuardCost NONE = new GuardCost(PairedRatio.NONE, PairedRatio.NONE, 0, Map.of());

    public GuardCost {
        addedExitsByReason = Map.copyOf(addedExitsByReason);
    }
}
