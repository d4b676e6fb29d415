package io.understudy.checkpoint.apply;

/**
 * What a simulation may break on purpose, to show that its checkers notice. Everything else runs
 * {@link #SAFE}.
 *
 * @param verifiesDigests an epoch whose digests differ is refused (promise 2)
 * @param appliesAtomically pages wait in staging until the epoch is verified (promise 2)
 * @param refusesIncomplete an image that is not complete is not promoted (promise 4)
 */
public record StandbyPolicy(
        boolean verifiesDigests, boolean appliesAtomically, boolean refusesIncomplete) {
    public static final StandbyPolicy SAFE = new StandbyPolicy(true, true, true);
}
