package io.understudy.cli.option;

import io.understudy.cli.CommandFailure;
import io.understudy.hypervisor.BuiltInGuest;
import io.understudy.hypervisor.GuestParameter;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.TypeConversionException;

/**
 * Boot parameters as people write them: {@code lines-per-second=50}, {@code working-set=64M},
 * {@code pattern=zipf}.
 */
public final class GuestParameterText {
    private GuestParameterText() {}

    /**
     * The number that the guest gets.
     *
     * @param guest empty for a guest of the user's own, whose parameters are numbers or sizes
     * @param memory of the machine, which no region can exceed
     * @throws CommandFailure if the guest has no such parameter, or the value makes no sense
     */
    public static long value(Optional<BuiltInGuest> guest, String key, String text, ByteSize memory)
            throws CommandFailure {
        String given = "--guest-parameter " + key + "=" + text;
        if (guest.isEmpty()) {
            return size(given, text);
        }
        GuestParameter parameter =
                guest.get()
                        .parameter(key)
                        .orElseThrow(() ->
                                CommandFailure.usage(
                                        given
                                                + ": the guest "
                                                + guest.get().guestName()
                                                + " has no such parameter; it has "
                                                + keysOf(guest.get())));
        if (parameter.kind() == GuestParameter.Kind.WORD) {
            return word(given, text, parameter.words());
        }
        long value = size(given, text);
        if (parameter.kind() == GuestParameter.Kind.BYTES && value > memory.bytes()) {
            throw CommandFailure.usage(given + ": more than the guest's memory of " + memory);
        }
        if (value < parameter.min() || value > parameter.max()) {
            throw CommandFailure.usage(
                    given
                            + ": must be "
                            + (parameter.max() == Long.MAX_VALUE
                                    ? "at least " + parameter.min()
                                    : parameter.min() + " to " + parameter.max()));
        }
        return value;
    }

    private static long word(String given, String text, List<String> words) throws CommandFailure {
        int index = words.indexOf(text);
        if (index < 0) {
            throw CommandFailure.usage(given + ": must be one of " + String.join(", ", words));
        }
        return index;
    }

    private static long size(String given, String text) throws CommandFailure {
        try {
            return new ByteSize.Converter().convert(text).bytes();
        } catch (TypeConversionException e) {
            throw CommandFailure.usage(
                    given + ": '" + text + "' is not a number, like 50, nor a size, like 64M");
        }
    }

    private static String keysOf(BuiltInGuest guest) {
        return String.join(", ", guest.parameters().stream().map(GuestParameter::key).toList());
    }
}
