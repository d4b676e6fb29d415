package io.understudy.checkpoint;

import io.understudy.checkpoint.digest.Digest;
import io.understudy.checkpoint.encoding.EncodedEpoch;
import io.understudy.checkpoint.encoding.EpochTrailer;
import java.util.SplittableRandom;

/** Makes valid epochs wrong. */
final class Tamper {
    private Tamper() {}

    static void flipBit(byte[] bytes, SplittableRandom random) {
        int at = random.nextInt(bytes.length);
        bytes[at] = (byte) (bytes[at] ^ 1 << random.nextInt(8));
    }

    static EncodedEpoch withOtherImageDigest(EncodedEpoch epoch) {
        EpochTrailer t = epoch.trailer();
        Digest d = t.imageDigest();
        return new EncodedEpoch(
                new EpochTrailer(
                        t.epoch(),
                        t.instruction(),
                        t.outputOffset(),
                        t.pages(),
                        t.batches(),
                        t.completesImage(),
                        new Digest(d.high(), d.low() ^ 1),
                        t.stateDigest(),
                        t.chainDigest()),
                epoch.statistics());
    }
}
