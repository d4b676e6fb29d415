package io.understudy.checkpoint.latency;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.checkpoint.capture.PauseTimes;
import io.understudy.checkpoint.encoding.EncodeStatistics;
import io.understudy.checkpoint.testing.Pair;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LatencyRecorderTest {
    @Test
    void phasesOfThePauseCoverTheSameEpochsAsThePause() {
        LatencyRecorder recorder = new LatencyRecorder();
        PauseTimes times = new PauseTimes(1_000, 2_000, 3_000, 4_000);
        recorder.recordPause(times, 90_000, false);
        for (int i = 0; i < 100; i++) {
            recorder.recordPause(times, 5_000, true);
        }
        assertThat(recorder.summary(Phase.PAUSE).count()).isEqualTo(100);
        assertThat(recorder.summary(Phase.COPY).count()).isEqualTo(100);
        assertThat(recorder.summary(Phase.PAUSE_ALL).count()).isEqualTo(101);
        assertThat(recorder.summary(Phase.PAUSE).p99Ns()).isBetween(14_985L, 15_064L);
        assertThat(recorder.summary(Phase.PAUSE_ALL).maxNs()).isBetween(99_900L, 100_128L);
        assertThat(recorder.summary(Phase.ENCODE)).isEqualTo(new LatencySummary(0, 0, 0, 0, 0));
    }

    @Test
    void absurdTimesAreClampedNotLost() {
        LatencyRecorder recorder = new LatencyRecorder();
        recorder.record(Phase.SEND, -5);
        recorder.record(Phase.SEND, Long.MAX_VALUE);
        assertThat(recorder.summary(Phase.SEND).count()).isEqualTo(2);
        assertThat(recorder.summary(Phase.SEND).maxNs())
                .isGreaterThanOrEqualTo(LatencyRecorder.HIGHEST_NS);
    }

    @Test
    void countsDirtyPages() {
        LatencyRecorder recorder = new LatencyRecorder();
        for (int i = 1; i <= 100; i++) {
            recorder.recordDirtyPages(i);
        }
        assertThat(recorder.dirtyPages()).isEqualTo(new CountSummary(50, 99, 100, 100));
    }

    @Test
    void eventsCarryThePhasesOfTheirEpoch(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("events.jfr");
        try (Recording recording = new Recording();
                Pair pair = Pair.of(1, 10)) {
            recording.enable("io.understudy.Pause");
            recording.enable("io.understudy.Transfer");
            recording.start();
            CheckpointEvents.pause(pair.captured(), 77);
            CheckpointEvents.transfer(
                    9, new EncodeStatistics(1, 2, 3, 4, 5, 6, 7, 100, 8, 0), 20, 21, 22);
            recording.stop();
            recording.dump(file);
        }
        assertThat(Files.exists(file)).isTrue();
        List<RecordedEvent> events = RecordingFile.readAllEvents(file);
        RecordedEvent pause = named(events, "io.understudy.Pause");
        assertThat(pause.getLong("epoch")).isEqualTo(1);
        assertThat(pause.getDuration("resumeNs").toNanos()).isEqualTo(77);
        RecordedEvent transfer = named(events, "io.understudy.Transfer");
        assertThat(transfer.getLong("epoch")).isEqualTo(9);
        assertThat(transfer.getDuration("acknowledgeNs").toNanos()).isEqualTo(21);
    }

    private static RecordedEvent named(List<RecordedEvent> events, String name) {
        return events.stream()
                .filter(e -> e.getEventType().getName().equals(name))
                .findFirst()
                .orElseThrow();
    }
}
