package io.understudy.cli.command;

import io.understudy.checkpoint.file.SegmentDisk;
import io.understudy.checkpoint.keep.EpochKeeper;
import io.understudy.checkpoint.keep.KeepOptions;
import io.understudy.cli.CommandFailure;
import io.understudy.cli.Main;
import io.understudy.cli.option.ByteSize;
import io.understudy.hypervisor.VirtualMachine;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --keep} and {@code --keep-bytes} of a node. */
final class KeepingOptions {
    static final String BYTES_DEFAULT = "4G";

    @Option(
            names = "--keep",
            paramLabel = "DIR",
            description = {
                "While this node is a backup, keep its epochs in DIR as checkpoint files,",
                "docs/keeping.md."
            })
    private @Nullable Path folder;

    @Option(
            names = "--keep-bytes",
            paramLabel = "SIZE",
            description = "Delete the oldest kept files beyond this. Default: ${DEFAULT-VALUE}.",
            defaultValue = BYTES_DEFAULT)
    private ByteSize bytes = new ByteSize(4L << 30);

    /** Opens the folder, if there is one. */
    Keeping open(VirtualMachine machine, String node) throws CommandFailure {
        Path keep = folder;
        if (keep == null) {
            return Keeping.NOTHING;
        }
        KeepOptions options =
                KeepOptions.of(keep.toAbsolutePath(), bytes.bytes(), Main.program(), node);
        try {
            return new Keeping(
                    EpochKeeper.open(
                            machine,
                            options,
                            SegmentDisk.HOST,
                            System::nanoTime,
                            System::currentTimeMillis));
        } catch (IOException e) {
            throw CommandFailure.environment("--keep " + keep + ": " + e.getMessage());
        }
    }
}
