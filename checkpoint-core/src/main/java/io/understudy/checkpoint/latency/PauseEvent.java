package io.understudy.checkpoint.latency;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** One pause of the protected machine, by phase. */
@Name("io.understudy.Pause")
@Label("Checkpoint pause")
@Category({"Understudy", "Epoch"})
@StackTrace(false)
final class PauseEvent extends Event {
    @Label("Epoch")
    long epoch;

    @Label("Pages staged")
    long pages;

    @Label("Machine state")
    @DataAmount
    long stateBytes;

    @Label("Quiesce")
    @Timespan(Timespan.NANOSECONDS)
    long quiesceNs;

    @Label("Harvest")
    @Timespan(Timespan.NANOSECONDS)
    long harvestNs;

    @Label("Copy")
    @Timespan(Timespan.NANOSECONDS)
    long copyNs;

    @Label("State")
    @Timespan(Timespan.NANOSECONDS)
    long stateNs;

    @Label("Resume")
    @Timespan(Timespan.NANOSECONDS)
    long resumeNs;
}
