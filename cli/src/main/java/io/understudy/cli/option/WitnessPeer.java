package io.understudy.cli.option;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * NAME=HOST:PORT: a peer of a witness of several.
 *
 * @param endpoint where it talks to the other peers
 */
public record WitnessPeer(String name, Endpoint endpoint) {
    private static final Pattern FORM = Pattern.compile("([^=]*)=(.*)");

    @Override
    public String toString() {
        return name + "=" + endpoint;
    }

    /** Reads it from a command line. */
    public static final class Converter implements ITypeConverter<WitnessPeer> {
        private final Endpoint.Converter endpoints = new Endpoint.Converter();

        @Override
        public WitnessPeer convert(String text) {
            Matcher matcher = FORM.matcher(text);
            if (!matcher.matches()) {
                throw new TypeConversionException("'" + text + "' is not NAME=HOST:PORT");
            }
            return new WitnessPeer(matcher.group(1), endpoints.convert(matcher.group(2)));
        }
    }
}
