package io.understudy.cli.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.checkpoint.keep.KeepStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StatusTextTest {
    private static final long SECOND_NS = 1_000_000_000L;

    private final StatusBoard board = new StatusBoard("primary", "backup", "witness");

    @Test
    void beforeAnyReportThePairIsStarting() {
        assertThat(StatusText.line(board.view()))
                .isEqualTo("starting" + " | primary starting, backup starting, witness starting");
    }

    @Test
    void aBackupAloneIsShownByItsState() {
        StatusBoard alone = new StatusBoard("backup");
        alone.report("backup", Reports.waiting("backup", "STANDBY"), 0);
        assertThat(StatusText.line(alone.view())).isEqualTo("backup STANDBY");
    }

    @Test
    void aPairedPrimaryIsShownWithItsRates() {
        board.report("primary", Reports.carrying("primary", "PAIRED", "", 100), 0);
        board.report("backup", Reports.waiting("backup", "BACKUP"), 0);
        board.report("primary", Reports.carrying("primary", "PAIRED", "", 140), SECOND_NS);
        assertThat(StatusText.line(board.view()))
                .isEqualTo(
                        "epoch 140 (40.0/s) | 34 dirty pages | pause p50 400 us p99 1.9 ms | ack 600 us"
                                + " | 40.0 KB/s | 40.0 MIPS"
                                + " | primary PAIRED, backup BACKUP, witness starting");
    }

    @Test
    void aSurvivorAloneIsUnprotectedInCapitalsWithTheReason() {
        board.report("primary", Reports.carrying("primary", "PAIRED", "", 100), 0);
        board.end("primary", "killed");
        board.report("backup", Reports.alone("backup", "no backup is attached", 7), 0);
        assertThat(StatusText.line(board.view()))
                .startsWith("UNPROTECTED | epoch 7 | 0.0 MIPS")
                .contains("primary killed, backup SOLO")
                .endsWith("| no backup is attached");
    }

    @Test
    void aDeadCarrierIsNoCarrier() {
        board.report("primary", Reports.carrying("primary", "PAIRED", "", 100), 0);
        board.end("primary", "killed");
        assertThat(board.view().carrier()).isNull();
        assertThat(board.view().isUnprotected()).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "WAITING | 0  | keeping waits for a whole image",
                "WAITING | 42 | kept to 42, waits for a whole image",
                "KEEPING | 0  | keeping, no segment closed yet",
                "KEEPING | 42 | kept to 42",
                "BEHIND  | 42 | keeping BEHIND: the disk is slow",
                "STOPPED | 42 | the disk is slow"
            })
    void whatIsKeptIsSaid(KeepStatus.State state, long lastEpoch, String text) {
        KeepStatus keep =
                new KeepStatus(state, "/kept", 1, 9_000, 40, lastEpoch, 0, 0, "the disk is slow");
        board.report("backup", Reports.waiting("backup", "BACKUP").withKeep(keep), 0);
        assertThat(StatusText.line(board.view())).endsWith(" | " + text);
    }

    @ParameterizedTest
    @CsvSource({"0, 0 us", "999.4, 999 us", "999.6, 1.0 ms", "12345, 12.3 ms", "2500000, 2.5 s"})
    void durationsChangeTheirUnit(double us, String text) {
        assertThat(StatusText.duration(us)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({"0, 0 B", "999, 999 B", "1000, 1.0 KB", "2500000, 2.5 MB", "7.2e12, 7200.0 GB"})
    void bytesChangeTheirUnit(double bytes, String text) {
        assertThat(StatusText.bytes(bytes)).isEqualTo(text);
    }
}
