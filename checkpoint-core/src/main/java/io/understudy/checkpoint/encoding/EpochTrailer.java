package io.understudy.checkpoint.encoding;

import io.understudy.checkpoint.digest.Digest;

/**
 * What closes an epoch on the wire. The backup acknowledges only if its own image gives the same
 * digests.
 *
 * @param instruction instructions retired since the machine's birth
 * @param outputOffset output below this offset is covered by the epoch
 * @param pages page records sent
 * @param batches page batches sent
 * @param completesImage the full copy has everything as of this epoch
 * @param imageDigest of the image at the epoch's end
 * @param stateDigest of the machine state sent
 * @param chainDigest both, chained with the epochs of the session before
 */
public record EpochTrailer(
        long epoch,
        long instruction,
        long outputOffset,
        int pages,
        int batches,
        boolean completesImage,
        Digest imageDigest,
        Digest stateDigest,
        Digest chainDigest) {}
