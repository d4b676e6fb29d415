package io.understudy.cli.status;

import io.understudy.drills.process.NodeReport;
import io.understudy.replication.EpochStatistics;
import io.understudy.replication.Quantiles;
import java.util.Map;

/** Reports as nodes would write them. */
public final class Reports {
    private Reports() {}

    /** A node that runs the machine; every counter follows the number of committed epochs. */
    public static NodeReport carrying(String role, String state, String detail, long committed) {
        Quantiles pause = new Quantiles(committed, 400, 900, 1900, 2500);
        Quantiles ack = new Quantiles(committed, 600, 700, 800, 900);
        EpochStatistics epochs =
                new EpochStatistics(
                        committed,
                        3,
                        new Quantiles(committed, 34, 36, 40, 50),
                        pause,
                        pause,
                        Map.of("harvest", pause),
                        ack,
                        ack,
                        ack,
                        ack,
                        committed * 4096,
                        committed * 1000,
                        Map.of("lz4", committed),
                        50,
                        0.0,
                        0);
        return new NodeReport(
                role,
                state,
                detail,
                "127.0.0.1:20000",
                true,
                state.equals("SOLO"),
                2,
                committed + 1,
                committed,
                committed * 1_000_000,
                committed * 42,
                committed * 42,
                epochs,
                Map.of("hlt", committed),
                Map.of("assistsDirty", committed),
                null,
                null,
                null);
    }

    /** A survivor, which takes no checkpoints. */
    public static NodeReport alone(String role, String detail, long promotedEpoch) {
        return new NodeReport(
                role,
                "SOLO",
                detail,
                "127.0.0.1:20001",
                true,
                true,
                3,
                promotedEpoch,
                promotedEpoch,
                promotedEpoch * 1_000_000,
                promotedEpoch * 42,
                promotedEpoch * 42,
                EpochStatistics.NONE,
                Map.of(),
                Map.of(),
                null,
                null,
                null);
    }

    /** A node that does not run the machine. */
    public static NodeReport waiting(String role, String state) {
        return NodeReport.idle(role, state, "", "127.0.0.1:20001");
    }
}
