package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import io.understudy.cli.ExitStatus;
import io.understudy.cli.Interruption;
import io.understudy.cli.option.HostDuration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * What commands have in common that run guests for a while: for how long, the result as JSON, and
 * an end in order at Ctrl-C.
 */
final class TimedRun {
    /** Ends soon after the interruption is requested, with what there is by then. */
    interface Work {
        void run(Interruption interruption) throws CommandFailure;
    }

    private static final HostDuration DURATION_DEFAULT = new HostDuration(10_000_000_000L);

    @Option(
            names = "--for",
            paramLabel = "DURATION",
            description = "How long in all, every run together. Default: 10s.")
    private @Nullable HostDuration duration;

    @Mixin private final JsonOption json = new JsonOption();

    HostDuration duration() {
        HostDuration given = duration;
        return given == null ? DURATION_DEFAULT : given;
    }

    /** For an option that says otherwise when the run ends. */
    void refuseFor(String option) throws CommandFailure {
        if (duration != null) {
            throw CommandFailure.usage(
                    option + " with --for " + duration + ": each says when the run ends; give one");
        }
    }

    JsonOption json() {
        return json;
    }

    /** Does the work; returns the command's exit status. */
    int carryOut(Work work) throws CommandFailure {
        Interruption interruption = Interruption.install();
        int status = ExitStatus.FAILED;
        try {
            work.run(interruption);
            status = ExitStatus.DONE;
            return status;
        } finally {
            interruption.done(status);
        }
    }
}
