package io.understudy.drills.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.checkpoint.keep.KeepStatus;
import io.understudy.replication.EpochStatistics;
import io.understudy.replication.Quantiles;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NodeReportTest {
    @Test
    void isReadBackAsItWasWritten() {
        Quantiles pause = new Quantiles(3, 1.5, 2, 2.25, 4);
        EpochStatistics epochs =
                new EpochStatistics(
                        7,
                        2,
                        new Quantiles(3, 34, Double.NaN, 40, 50),
                        pause,
                        pause,
                        Map.of("harvest", pause),
                        pause,
                        pause,
                        pause,
                        pause,
                        4096,
                        100,
                        Map.of("lz4", 7L),
                        50,
                        0.0,
                        0);
        NodeReport report =
                new NodeReport(
                        "primary",
                        "PAIRED",
                        "",
                        "127.0.0.1:20000",
                        true,
                        false,
                        2,
                        9,
                        8,
                        1_000_000,
                        420,
                        378,
                        epochs,
                        Map.of("hlt", 12L),
                        Map.of("leavesRead", 512L),
                        new NodeReport.StateDigest(1_000_000, "00ff"),
                        new NodeReport.GuestEnd("EXITED", "the guest exited with status 0"),
                        new KeepStatus(
                                KeepStatus.State.STOPPED, "/d", 2, 9_000, 70, 812, 3, 1, "why"));
        String line = report.toJsonLine();
        assertThat(line).doesNotContain("\n");
        assertThat(NodeReport.parse(line)).isEqualTo(report);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "WARNING: something",
                "{",
                "{}",
                "{\"role\":\"primary\"}",
                "{\"role\":\"primary\",\"state\":\"PAIRED\",\"term\":\"x\"}",
                "[1,2]"
            })
    void anyOtherLineIsNoReport(String line) {
        assertThat(NodeReport.parse(line)).isNull();
    }
}
