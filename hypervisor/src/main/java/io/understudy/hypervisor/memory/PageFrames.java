package io.understudy.hypervisor.memory;

import io.understudy.hypervisor.paging.SwapFailure;
import java.lang.foreign.MemorySegment;

/** Which frame holds each page of RAM. Used by the machine's thread alone. */
public interface PageFrames {
    /** No frame holds the page. */
    long ABSENT = -1;

    /** Host-physical address of a page, or {@link #ABSENT}. */
    long hpaOf(long page);

    /** Whether every page has a frame for good, one after the other: mappings may be large. */
    boolean isContiguous();

    /**
     * Brings a page that is mapped nowhere into a frame, for the guest to use.
     *
     * @return false if that is not possible for now; the page is as it was
     */
    boolean bringIn(long page);

    /**
     * Frame in which software is about to write the page.
     *
     * @param overwrites whether all of it is, so that its content does not matter
     * @return host-physical address
     * @throws SwapFailure if the page cannot be brought in
     */
    long forWrite(long page, boolean overwrites);

    /**
     * Reads a page that no frame holds.
     *
     * @throws SwapFailure if it cannot be read
     */
    void readAbsent(long page, MemorySegment to, long toOffset);
}
