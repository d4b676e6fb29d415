package io.understudy.checkpoint.latency;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** One epoch from the end of its pause to its commit, by phase. */
@Name("io.understudy.Transfer")
@Label("Checkpoint transfer")
@Category({"Understudy", "Epoch"})
@StackTrace(false)
final class TransferEvent extends Event {
    @Label("Epoch")
    long epoch;

    @Label("Bytes captured")
    @DataAmount
    long bytesRaw;

    @Label("Bytes on the wire")
    @DataAmount
    long bytesOnWire;

    @Label("Zero pages")
    long zeroPages;

    @Label("Pages with the backup's content")
    long samePages;

    @Label("LZ4 pages")
    long lz4Pages;

    @Label("Raw pages")
    long rawPages;

    @Label("Encode")
    @Timespan(Timespan.NANOSECONDS)
    long encodeNs;

    @Label("Send")
    @Timespan(Timespan.NANOSECONDS)
    long sendNs;

    @Label("Acknowledge")
    @Timespan(Timespan.NANOSECONDS)
    long acknowledgeNs;

    @Label("Commit")
    @Timespan(Timespan.NANOSECONDS)
    long commitNs;
}
