package io.understudy.cli.command;

import io.understudy.cli.option.HostDuration;
import io.understudy.replication.EpochPolicy;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** When an epoch ends, and when the guest does. */
final class EpochOptions {
    private static final HostDuration EPOCH_DEFAULT = new HostDuration(25_000_000L);

    /** One of the two. */
    static final class Length {
        @Option(
                names = "--epoch",
                paramLabel = "DURATION",
                description = "Host time of an epoch. Default: 25ms.")
        private @Nullable HostDuration interval;

        @Option(
                names = "--epoch-instructions",
                paramLabel = "N",
                description = "Guest instructions of an epoch, instead of host time: repeatable.")
        private @Nullable Long instructions;
    }

    @ArgGroup private Length length = new Length();

    @Option(
            names = "--epoch-policy",
            paramLabel = "POLICY",
            description = {
                "fixed: every epoch lasts for --epoch. adaptive: between --epoch-min and",
                "--epoch-max, short while output waits, long while the guest computes.",
                "Default: ${DEFAULT-VALUE}."
            },
            defaultValue = "fixed")
    private String policy = "fixed";

    @Option(
            names = "--epoch-min",
            paramLabel = "DURATION",
            description = "Shortest adaptive epoch. Default: ${DEFAULT-VALUE}.",
            defaultValue = "5ms")
    private HostDuration min = new HostDuration(5_000_000L);

    @Option(
            names = "--epoch-max",
            paramLabel = "DURATION",
            description = "Longest adaptive epoch. Default: ${DEFAULT-VALUE}.",
            defaultValue = "100ms")
    private HostDuration max = new HostDuration(100_000_000L);

    @Option(
            names = "--instructions",
            paramLabel = "N",
            description = "End the guest at exactly this instruction.")
    private @Nullable Long stopAt;

    @SuppressWarnings("NullAway.Init") // picocli sets it before the command is called
    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    /** Finds out what is wrong with the options. */
    void check() {
        policy();
        stopAtInstruction();
    }

    EpochPolicy policy() {
        Long instructions = length.instructions;
        if (instructions != null) {
            return new EpochPolicy.Instructions(positive("--epoch-instructions", instructions));
        }
        return switch (policy) {
            case "fixed" -> new EpochPolicy.HostInterval(interval().ns());
            case "adaptive" -> {
                if (max.ns() < min.ns()) {
                    throw invalid("--epoch-max", max, "is shorter than --epoch-min " + min);
                }
                yield new EpochPolicy.Adaptive(min.ns(), max.ns());
            }
            default -> throw invalid("--epoch-policy", policy, "is not fixed or adaptive");
        };
    }

    /** Host time of an epoch; the default if epochs have no one length. */
    HostDuration interval() {
        HostDuration interval = length.interval;
        return interval == null ? EPOCH_DEFAULT : interval;
    }

    /** Whether epochs have no one length in host time. */
    boolean hasNoInterval() {
        return length.instructions != null || !policy.equals("fixed");
    }

    /** Instruction at which the guest ends, {@link Long#MAX_VALUE} for never. */
    long stopAtInstruction() {
        Long instruction = stopAt;
        return instruction == null ? Long.MAX_VALUE : positive("--instructions", instruction);
    }

    /** The same options for a child's command line. */
    List<String> toArguments() {
        List<String> arguments = new ArrayList<>();
        if (length.instructions != null) {
            arguments.addAll(List.of("--epoch-instructions", length.instructions.toString()));
        } else {
            arguments.addAll(List.of("--epoch", interval().toString()));
        }
        arguments.addAll(
                List.of(
                        "--epoch-policy",
                        policy,
                        "--epoch-min",
                        min.toString(),
                        "--epoch-max",
                        max.toString()));
        if (stopAt != null) {
            arguments.addAll(List.of("--instructions", stopAt.toString()));
        }
        return arguments;
    }

    private long positive(String option, long value) {
        if (value < 1) {
            throw invalid(option, value, "is less than 1");
        }
        return value;
    }

    private ParameterException invalid(String option, Object value, String why) {
        return new ParameterException(
                spec.commandLine(),
                "Invalid value for option '" + option + "': " + value + " " + why);
    }
}
