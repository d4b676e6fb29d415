package io.understudy.cli.command;

import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.ProtectedMachine;
import io.understudy.checkpoint.capture.CopyMethod;
import io.understudy.checkpoint.encoding.EncoderOptions;
import io.understudy.checkpoint.encoding.EncodingMode;
import io.understudy.cli.CommandFailure;
import io.understudy.cli.option.ByteSize;
import io.understudy.replication.PipelineOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How checkpoints get from a primary to its backup. */
final class PipelineArguments {
    private static final int DEPTH_DEFAULT = 1;
    private static final int WORKERS_DEFAULT = 1;

    @Option(
            names = "--pipeline-depth",
            paramLabel = "N",
            description = {
                "Checkpoints under way at a time, 1 to 4: more keep a distant backup's link busy,",
                "and let a failover lose more. Default: ${DEFAULT-VALUE}."
            },
            defaultValue = "" + DEPTH_DEFAULT)
    private int depth = DEPTH_DEFAULT;

    @Option(
            names = "--copy-method",
            paramLabel = "METHOD",
            description = {
                "When dirty pages are copied: staged (at the pause) or on-write (after it, each at",
                "its first write). Default: ${DEFAULT-VALUE}."
            },
            defaultValue = "staged")
    private String copyMethod = "staged";

    @Option(
            names = "--encoding",
            paramLabel = "MODE",
            description = {
                "What pages are sent as: auto (cheapest, LZ4 rests while it is the bottleneck), all",
                "(cheapest), lz4 (no differences), raw. Default: ${DEFAULT-VALUE}."
            },
            defaultValue = "auto")
    private String encoding = "auto";

    @Option(
            names = "--encode-workers",
            paramLabel = "N",
            description = "Threads that encode a checkpoint together. Default: ${DEFAULT-VALUE}.",
            defaultValue = "" + WORKERS_DEFAULT)
    private int workers = WORKERS_DEFAULT;

    @Option(
            names = "--reference-cache",
            paramLabel = "SIZE",
            description = {
                "Memory for the last sent content of pages, which differences refer to.",
                "Default: ${DEFAULT-VALUE}."
            },
            defaultValue = "64M")
    private ByteSize referenceCache = new ByteSize(64L << 20);

    @Option(
            names = "--staging",
            paramLabel = "SIZE",
            description = {
                "Limit on copies of pages under way, on either side. Default: as much as can be",
                "needed, twice the guest's memory."
            })
    private @Nullable ByteSize staging;

    @Option(
            names = "--bandwidth-limit",
            paramLabel = "SIZE",
            description = "Send no more than this a second; the guest is slowed to it.")
    private @Nullable ByteSize bandwidthLimit;

    @Option(
            names = "--audit-every",
            paramLabel = "N",
            description = {
                "Hash all of the guest's memory at the end of every N-th epoch and compare it with",
                "what was sent. Pauses the guest for it. Default: never."
            })
    private long auditEvery;

    @Option(
            names = "--scrub",
            paramLabel = "SIZE",
            description = {
                "A backup reads this much of its image a second and compares it with what was",
                "applied; 0 for never. Default: ${DEFAULT-VALUE}."
            },
            defaultValue = "10M")
    private ByteSize scrub = new ByteSize(10L << 20);

    @SuppressWarnings("NullAway.Init") // picocli sets it before the command is called
    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    /** Finds out what is wrong with the options. */
    PipelineOptions options() {
        if (depth < 1 || depth > PipelineOptions.DEPTH_MAX) {
            throw invalid("--pipeline-depth", depth, "is not 1 to " + PipelineOptions.DEPTH_MAX);
        }
        if (workers < 1 || workers > EncoderOptions.WORKERS_MAX) {
            throw invalid("--encode-workers", workers, "is not 1 to " + EncoderOptions.WORKERS_MAX);
        }
        if (auditEvery < 0) {
            throw invalid("--audit-every", auditEvery, "is less than 0");
        }
        ByteSize limit = bandwidthLimit;
        if (limit != null && limit.bytes() < 1) {
            throw invalid("--bandwidth-limit", limit, "lets nothing through");
        }
        ByteSize room = staging;
        if (room != null && pages(room) < 1) {
            throw invalid("--staging", room, "holds no page");
        }
        return new PipelineOptions(
                depth,
                method(),
                mode(),
                workers,
                (int) Math.min(Integer.MAX_VALUE, pages(referenceCache)),
                room == null ? 0 : pages(room),
                limit == null ? Long.MAX_VALUE : limit.bytes(),
                auditEvery,
                pages(scrub));
    }

    /**
     * Finds out whether the machine can do what is asked for.
     *
     * @throws CommandFailure if it cannot
     */
    void check(ProtectedMachine machine) throws CommandFailure {
        if (method() == CopyMethod.ON_WRITE && machine.writeGuard().isEmpty()) {
            throw CommandFailure.usage(
                    "--copy-method on-write: this machine cannot guard pages against writing");
        }
    }

    /** The same options for a child's command line. */
    List<String> toArguments() {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "--pipeline-depth",
                                Integer.toString(depth),
                                "--copy-method",
                                copyMethod,
                                "--encoding",
                                encoding,
                                "--encode-workers",
                                Integer.toString(workers),
                                "--reference-cache",
                                referenceCache.toString(),
                                "--audit-every",
                                Long.toString(auditEvery),
                                "--scrub",
                                scrub.toString()));
        ByteSize room = staging;
        if (room != null) {
            arguments.addAll(List.of("--staging", room.toString()));
        }
        ByteSize limit = bandwidthLimit;
        if (limit != null) {
            arguments.addAll(List.of("--bandwidth-limit", limit.toString()));
        }
        return arguments;
    }

    private CopyMethod method() {
        return switch (copyMethod) {
            case "staged" -> CopyMethod.STAGED;
            case "on-write" -> CopyMethod.ON_WRITE;
            default -> throw invalid("--copy-method", copyMethod, "is not staged or on-write");
        };
    }

    private EncodingMode mode() {
        for (EncodingMode mode : EncodingMode.values()) {
            if (mode.name().toLowerCase(Locale.ROOT).equals(encoding)) {
                return mode;
            }
        }
        throw invalid("--encoding", encoding, "is not auto, all, lz4 or raw");
    }

    private static long pages(ByteSize size) {
        return size.bytes() / PageId.PAGE_BYTES;
    }

    private ParameterException invalid(String option, Object value, String why) {
        return new ParameterException(
                spec.commandLine(),
                "Invalid value for option '" + option + "': " + value + " " + why);
    }
}
