package io.understudy.cli.option;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A duration of the host's clock, written as a number and a unit: 500us, 25ms, 1.5s, 2m, 1h.
 *
 * @param ns nanoseconds, positive
 */
public record HostDuration(long ns) {
    private static final Pattern FORM = Pattern.compile("(\\d{1,12}(?:\\.\\d{1,9})?)(us|ms|s|m|h)");

    private static long nsOf(String unit) {
        return switch (unit) {
            case "us" -> 1_000L;
            case "ms" -> 1_000_000L;
            case "s" -> 1_000_000_000L;
            case "m" -> 60_000_000_000L;
            case "h" -> 3_600_000_000_000L;
            default -> throw new IllegalArgumentException("no unit of time: " + unit);
        };
    }

    public double seconds() {
        return ns / 1e9;
    }

    public long millis() {
        return ns / 1_000_000;
    }

    /** The shortest way to write it. */
    @Override
    public String toString() {
        if (ns % 1_000_000_000L == 0) {
            return ns / 1_000_000_000L + "s";
        }
        return ns % 1_000_000L == 0
                ? ns / 1_000_000L + "ms"
                : String.format(Locale.ROOT, "%dus", ns / 1_000);
    }

    /** Reads it from a command line. */
    public static final class Converter implements ITypeConverter<HostDuration> {
        @Override
        public HostDuration convert(String text) {
            Matcher matcher = FORM.matcher(text);
            if (!matcher.matches()) {
                throw new TypeConversionException(
                        "'" + text + "' is not a duration; write one like 25ms, 10s or 2m");
            }
            BigDecimal ns =
                    new BigDecimal(matcher.group(1))
                            .multiply(BigDecimal.valueOf(nsOf(matcher.group(2))));
            if (ns.compareTo(BigDecimal.ONE) < 0) {
                throw new TypeConversionException("'" + text + "' must be more than nothing");
            }
            if (ns.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
                throw new TypeConversionException("'" + text + "' is longer than 290 years");
            }
            return new HostDuration(ns.setScale(0, RoundingMode.HALF_UP).longValueExact());
        }
    }
}
