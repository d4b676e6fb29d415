package io.understudy.hypervisor.board;

import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.temporal.ChronoField;

/** Date and time of a {@link RealTimeClock} by its registers: a date that goes on or stands. */
final class CalendarClock {
    private static final int SECONDS = 0;
    private static final int MINUTES = 2;
    static final int HOURS = 4;
    private static final int DAY_OF_WEEK = 6;
    private static final int DAY = 7;
    private static final int MONTH = 8;
    private static final int YEAR = 9;
    private static final int CENTURY = 0x32;
    private static final long NS_PER_SECOND = 1_000_000_000;

    /** What the clock showed at {@link #sinceNs}: at first 1 January 2020, 00:00:00. */
    private LocalDateTime date = LocalDateTime.of(2020, 1, 1, 0, 0, 0);

    private long sinceNs;

    /** Day of the month that was set, while the clock stands. */
    private int wantedDay = 1;

    private boolean running = true;

    /** Whether a register is one of date and time. */
    static boolean isField(int register) {
        return switch (register) {
            case SECONDS, MINUTES, HOURS, DAY_OF_WEEK, DAY, MONTH, YEAR, CENTURY -> true;
            default -> false;
        };
    }

    private LocalDateTime at(long ns) {
        return running ? date.plusNanos(ns - sinceNs) : date;
    }

    /** The number in a register; Sunday is 1. */
    int read(int register, long ns) {
        LocalDateTime now = at(ns);
        return switch (register) {
            case SECONDS -> now.getSecond();
            case MINUTES -> now.getMinute();
            case HOURS -> now.getHour();
            case DAY_OF_WEEK -> now.getDayOfWeek().getValue() % 7 + 1;
            case DAY -> now.getDayOfMonth();
            case MONTH -> now.getMonthValue();
            case YEAR -> now.getYear() % 100;
            default -> now.getYear() / 100;
        };
    }

    /**
     * Sets a register; a number that it cannot have is lost. While the clock stands, registers may
     * be set in any order: a day that the month does not have yet waits for its month. The day of
     * the week follows the date.
     */
    void write(int register, int value, long ns) {
        LocalDateTime now = at(ns);
        if (running) {
            wantedDay = now.getDayOfMonth();
        }
        sinceNs = ns;
        date = now;
        try {
            date =
                    switch (register) {
                        case SECONDS -> now.with(ChronoField.SECOND_OF_MINUTE, value);
                        case MINUTES -> now.with(ChronoField.MINUTE_OF_HOUR, value);
                        case HOURS -> now.with(ChronoField.HOUR_OF_DAY, value);
                        case DAY -> {
                            wantedDay = ChronoField.DAY_OF_MONTH.checkValidIntValue(value);
                            yield onWantedDay(now);
                        }
                        case MONTH ->
                                onWantedDay(
                                        now.withDayOfMonth(1)
                                                .with(ChronoField.MONTH_OF_YEAR, value));
                        case YEAR -> onWantedDay(now.withYear(now.getYear() / 100 * 100 + value));
                        case CENTURY ->
                                onWantedDay(now.withYear(value * 100 + now.getYear() % 100));
                        default -> now;
                    };
        } catch (DateTimeException impossible) {
            // The date stays as it was.
        }
    }

    private LocalDateTime onWantedDay(LocalDateTime month) {
        int days = month.toLocalDate().lengthOfMonth();
        return month.withDayOfMonth(Math.min(wantedDay, days));
    }

    /** Lets the clock go on, or stand. */
    void setRunning(boolean value, long ns) {
        date = at(ns);
        sinceNs = ns;
        if (running && !value) {
            wantedDay = date.getDayOfMonth();
        }
        running = value;
    }

    /** The first change of the seconds after {@code ns}, if the clock goes on. */
    long nextSecondNs(long ns) {
        return ns + NS_PER_SECOND - at(ns).toLocalTime().toNanoOfDay() % NS_PER_SECOND;
    }
}
