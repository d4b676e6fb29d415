package io.understudy.cli.status;

import io.understudy.checkpoint.keep.KeepStatus;
import io.understudy.drills.process.NodeReport;
import io.understudy.replication.EpochStatistics;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/** The one line that says how a run is doing. */
public final class StatusText {
    private static final int DETAIL_CHARS_MAX = 100;

    /** A guest that is held back less is not worth a word. */
    private static final double HELD_BACK_SHOWN = 0.01;

    private static final String[] BYTE_UNITS = {"B", "KB", "MB", "GB"};

    private StatusText() {}

    /** The line, without an end of line and without colours. */
    public static String line(StatusBoard.View view) {
        StringJoiner line = new StringJoiner(" | ");
        NodeReport report = view.carrierReport();
        if (report == null) {
            // A node alone says enough with its state.
            if (view.states().size() > 1) {
                boolean isStarting = view.states().containsValue(StatusBoard.STARTING);
                line.add(isStarting ? "starting" : "no machine is running");
            }
        } else {
            if (view.isUnprotected()) {
                line.add("UNPROTECTED");
            }
            if (report.epochs().pauseAllUs().count() == 0) {
                line.add("epoch " + report.committedEpoch());
            } else {
                addEpochs(line, report, view.rates());
            }
            line.add(String.format(Locale.ROOT, "%.1f MIPS", view.rates().guestMips()));
        }
        StringJoiner states = new StringJoiner(", ");
        for (Map.Entry<String, String> state : view.states().entrySet()) {
            states.add(state.getKey() + " " + state.getValue());
        }
        line.add(states.toString());
        KeepStatus keep = view.keep();
        if (keep != null) {
            line.add(kept(keep));
        }
        if (report != null && !report.state().equals("PAIRED") && !report.detail().isEmpty()) {
            line.add(shortened(report.detail()));
        }
        return line.toString();
    }

    private static void addEpochs(StringJoiner line, NodeReport report, StatusBoard.Rates rates) {
        EpochStatistics epochs = report.epochs();
        line.add(
                String.format(
                        Locale.ROOT,
                        "epoch %d (%.1f/s)",
                        report.committedEpoch(),
                        rates.epochsPerSecond()));
        line.add(String.format(Locale.ROOT, "%.0f dirty pages", epochs.dirtyPages().p50()));
        line.add(
                "pause p50 "
                        + duration(epochs.pauseUs().p50())
                        + " p99 "
                        + duration(epochs.pauseUs().p99()));
        line.add("ack " + duration(epochs.acknowledgeUs().p50()));
        line.add(bytes(rates.bytesPerSecond()) + "/s");
        if (epochs.copyPagesLeft() > 0) {
            line.add(String.format(Locale.ROOT, "copying, %,d pages left", epochs.copyPagesLeft()));
        }
        if (epochs.heldBackShare() >= HELD_BACK_SHOWN) {
            line.add(
                    String.format(
                            Locale.ROOT, "guest held back %.0f%%", 100 * epochs.heldBackShare()));
        }
    }

    private static String kept(KeepStatus keep) {
        return switch (keep.state()) {
            case WAITING ->
                    keep.lastEpoch() == 0
                            ? "keeping waits for a whole image"
                            : "kept to " + keep.lastEpoch() + ", waits for a whole image";
            case KEEPING ->
                    keep.lastEpoch() == 0
                            ? "keeping, no segment closed yet"
                            : "kept to " + keep.lastEpoch();
            case BEHIND -> "keeping BEHIND: " + shortened(keep.detail());
            case STOPPED -> shortened(keep.detail().replace("keeping stopped", "keeping STOPPED"));
        };
    }

    private static String shortened(String sentence) {
        return sentence.length() <= DETAIL_CHARS_MAX
                ? sentence
                : sentence.substring(0, DETAIL_CHARS_MAX - 1) + "…";
    }

    /** Microseconds in the unit that leaves one to three digits before the point. */
    static String duration(double us) {
        if (us >= 999_500) {
            return String.format(Locale.ROOT, "%.1f s", us / 1e6);
        }
        return us >= 999.5
                ? String.format(Locale.ROOT, "%.1f ms", us / 1e3)
                : String.format(Locale.ROOT, "%.0f us", us);
    }

    /** Bytes in decimal units. */
    public static String bytes(double bytes) {
        double value = bytes;
        int unit = 0;
        while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
            value /= 1000;
            unit++;
        }
        return String.format(
                Locale.ROOT, unit == 0 ? "%.0f %s" : "%.1f %s", value, BYTE_UNITS[unit]);
    }
}
