package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import io.understudy.cli.ExitStatus;
import io.understudy.cli.Interruption;
import io.understudy.cli.option.HostDuration;
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

    @Option(
            names = "--for",
            paramLabel = "DURATION",
            description = "How long in all, every run together. Default: ${DEFAULT-VALUE}.",
            defaultValue = "10s")
    private HostDuration duration = new HostDuration(10_000_000_000L);

    @Mixin private final JsonOption json = new JsonOption();

    HostDuration duration() {
        return duration;
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
