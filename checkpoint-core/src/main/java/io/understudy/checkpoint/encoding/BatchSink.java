package io.understudy.checkpoint.encoding;

/** Takes one epoch: its header, then its batches in order. Called from the encoding thread. */
public interface BatchSink {
    /**
     * @return false if the epoch cannot be sent: encoding stops
     */
    boolean begin(EpochHeader header) throws InterruptedException;

    /**
     * Takes over the batch; whoever has written it out, or knows that it never will be, calls
     * {@link Batch#release}. May block for back-pressure. Page batches come first, state last.
     *
     * @return false if the epoch cannot be sent any more: encoding stops
     */
    boolean accept(Batch batch) throws InterruptedException;
}
