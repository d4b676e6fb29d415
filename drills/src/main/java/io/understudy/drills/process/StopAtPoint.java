package io.understudy.drills.process;

import io.understudy.replication.Barrier;
import io.understudy.replication.KillPoint;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Stops its own process at one point, once: for good, as {@code kill -9} does, or until somebody
 * sends SIGCONT. It says so on standard error first. The thread at the point does nothing more;
 * other threads may, for as long as the system takes to stop a process.
 */
public final class StopAtPoint implements Barrier {
    /** What the process then says begins so. */
    public static final String ANNOUNCEMENT = "stops at ";

    /** The exit status that a shell shows for SIGKILL. */
    private static final int KILLED = 137;

    /** How the process stops. */
    public enum Manner {
        /** For good, without any farewell: its connections are reset by the system. */
        KILLED,
        /** By SIGSTOP: its connections stay, and it can go on. */
        STOPPED
    }

    /**
     * Where to stop.
     *
     * @param fromEpoch the first epoch that counts: not every epoch passes every point
     */
    public record Place(KillPoint point, long fromEpoch) {
        /** As {@link #parse} reads it. */
        @Override
        public String toString() {
            return point.word() + ":" + fromEpoch;
        }

        /**
         * Reads {@code POINT} or {@code POINT:EPOCH}.
         *
         * @return nothing if it is neither
         */
        public static Optional<Place> parse(String text) {
            int colon = text.indexOf(':');
            String word = colon < 0 ? text : text.substring(0, colon);
            Long epoch = colon < 0 ? Long.valueOf(0) : number(text.substring(colon + 1));
            return epoch == null
                    ? Optional.empty()
                    : Arrays.stream(KillPoint.values())
                            .filter(point -> point.word().equals(word))
                            .findFirst()
                            .map(point -> new Place(point, epoch));
        }

        private static @Nullable Long number(String digits) {
            try {
                long value = Long.parseLong(digits);
                return value < 0 ? null : value;
            } catch (NumberFormatException _) {
                return null;
            }
        }
    }

    private final Place place;
    private final Manner manner;
    private final IntConsumer halt;
    private final PrintStream err;
    private final AtomicBoolean isDone = new AtomicBoolean();

    /**
     * @param halt ends the process at once, with a status
     * @param err hears where the process stops
     */
    public StopAtPoint(Place place, Manner manner, IntConsumer halt, PrintStream err) {
        this.place = place;
        this.manner = manner;
        this.halt = halt;
        this.err = err;
    }

    @Override
    public void reached(KillPoint point, long epoch) {
        if (point == place.point()
                && epoch >= place.fromEpoch()
                && isDone.compareAndSet(false, true)) {
            err.println(ANNOUNCEMENT + point.word() + " of epoch " + epoch);
            err.flush();
            stop();
        }
    }

    private void stop() {
        switch (manner) {
            case KILLED -> halt.accept(KILLED);
            case STOPPED -> {
                try {
                    Signal.STOP.send(ProcessHandle.current().pid());
                } catch (IOException e) {
                    throw new IllegalStateException("cannot stop this process", e);
                }
            }
        }
    }
}
