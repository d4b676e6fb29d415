package io.understudy.drills.scenario;

import io.understudy.drills.DrillContext;
import io.understudy.drills.process.LocalPair;

/** A pair that a drill works on, and everything that hears it. */
record Scene(
        DrillContext context,
        LocalPair pair,
        Timeline timeline,
        PairReports reports,
        ConsoleRecorder recorder) {}
