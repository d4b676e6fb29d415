package io.understudy.cli.option;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A number of bytes, written as a number and a binary unit: 64K, 256M, 1G; without a unit, bytes.
 */
public record ByteSize(long bytes) {
    private static final Pattern FORM = Pattern.compile("(\\d{1,18})([KMGT]?)(?:iB|B)?");

    /** The shortest way to write it. */
    @Override
    public String toString() {
        String units = "KMGT";
        long value = bytes;
        int unit = -1;
        while (unit + 1 < units.length() && value != 0 && value % 1024 == 0) {
            value /= 1024;
            unit++;
        }
        return unit < 0 ? Long.toString(value) : value + units.substring(unit, unit + 1);
    }

    /** Reads it from a command line. */
    public static final class Converter implements ITypeConverter<ByteSize> {
        @Override
        public ByteSize convert(String text) {
            Matcher matcher = FORM.matcher(text);
            if (!matcher.matches()) {
                throw new TypeConversionException(
                        "'" + text + "' is not a size; write one like 64K, 256M or 1G");
            }
            int shift =
                    matcher.group(2).isEmpty() ? 0 : 10 * ("KMGT".indexOf(matcher.group(2)) + 1);
            long number = Long.parseLong(matcher.group(1));
            if (number > Long.MAX_VALUE >> shift) {
                throw new TypeConversionException("'" + text + "' is more than 8 EiB");
            }
            return new ByteSize(number << shift);
        }
    }
}
