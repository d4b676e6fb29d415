package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import io.understudy.cli.option.ByteSize;
import io.understudy.drills.views.ViewsPlan;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.HostMemoryException;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.VirtualMachineConfig;
import io.understudy.hypervisor.view.SharingMethod;
import io.understudy.vmx.ProcessorModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What the machines of {@code views} are, and what they do. */
final class ViewsOptions {
    private static final int SLOTS_DEFAULT = 32;
    private static final int PACKET_BYTES_MIN = 64;
    private static final int PACKET_BYTES_MAX = 4096;

    private static final String MEMORY = "16M";
    private static final String CPU = "baseline";

    /** What is protected; the names are those of the option. */
    enum Protect {
        /** Both machines of a pair, in one checkpoint. */
        UNIT,
        /** Each machine of a pair by itself. */
        EACH,
        /** The first machine of a pair alone. */
        FIRST
    }

    /** The names of the dirty logs. */
    static final class LogNames extends ArrayList<String> {
        private static final long serialVersionUID = 1L;

        LogNames() {
            super(Arrays.stream(DirtyLogMode.values()).map(DirtyLogMode::optionName).toList());
        }
    }

    @Option(
            names = "--window-image",
            paramLabel = "FILE",
            description = "Another guest with a secret window, docs/formats/view-calls.md.")
    private @Nullable Path windowImage;

    @Option(
            names = "--exchange-image",
            paramLabel = "FILE",
            description = "Another guest that exchanges packets.")
    private @Nullable Path exchangeImage;

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            description = "Memory of each machine, a multiple of 2M. Default: ${DEFAULT-VALUE}.",
            defaultValue = MEMORY)
    private ByteSize memory = new ByteSize(16L << 20);

    @Option(
            names = "--cpu",
            paramLabel = "MODEL",
            description = "Processor model: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.",
            completionCandidates = GuestOptions.ModelNames.class,
            defaultValue = CPU)
    private String cpu = CPU;

    @Option(
            names = "--packet-bytes",
            paramLabel = "N",
            description = "Bytes of a packet, 64 to 4096. Default: ${DEFAULT-VALUE}.",
            defaultValue = "2048")
    private int packetBytes = 2048;

    @Option(
            names = "--slots",
            paramLabel = "N",
            description = "Packets that may wait in each direction. Default: ${DEFAULT-VALUE}.",
            defaultValue = "32")
    private int slots = SLOTS_DEFAULT;

    @Option(
            names = "--dirty-log",
            paramLabel = "MODE",
            description =
                    "Checkpoint the machines that exchange under a dirty log, and compare"
                            + " every harvest with what changed: ${COMPLETION-CANDIDATES}. Default:"
                            + " ${DEFAULT-VALUE}.",
            completionCandidates = LogNames.class,
            defaultValue = "none")
    private String dirtyLog = "none";

    @Option(
            names = "--protect",
            paramLabel = "WHAT",
            description =
                    "With --dirty-log: unit (both machines in one checkpoint), or each or"
                            + " first, which are refused. Default: unit.")
    private @Nullable String protect;

    @Mixin private final CostsOption costs = new CostsOption();

    ViewsPlan plan(long forHostNs) throws CommandFailure {
        DirtyLogMode log = log();
        Protect what = protect();
        if (protect != null && log == DirtyLogMode.NONE) {
            throw CommandFailure.usage("--protect needs a --dirty-log other than none");
        }
        if (packetBytes < PACKET_BYTES_MIN || packetBytes > PACKET_BYTES_MAX) {
            throw CommandFailure.usage(
                    "--packet-bytes %d: must be %d to %d"
                            .formatted(packetBytes, PACKET_BYTES_MIN, PACKET_BYTES_MAX));
        }
        VirtualMachineConfig machine =
                VirtualMachineConfig.of(memory.bytes())
                        .withProcessor(model())
                        .withDirtyLog(DirtyLogMode.NONE);
        VirtualMachineConfig first =
                machine.withDirtyLog(log)
                        .withParameters(Map.of("packet-bytes", (long) packetBytes));
        VirtualMachineConfig second =
                what == Protect.FIRST ? first.withDirtyLog(DirtyLogMode.NONE) : first;
        return new ViewsPlan(
                machine,
                image("--window-image", windowImage, "window"),
                first,
                second,
                image("--exchange-image", exchangeImage, "exchange"),
                what == Protect.UNIT,
                slots,
                List.of(SharingMethod.values()),
                costs.table(),
                forHostNs);
    }

    /** The message says what is wrong; the options that were given are put before it. */
    CommandFailure failure(MachineSetupException e) {
        List<String> given = new ArrayList<>();
        add(given, "--window-image", windowImage, "null");
        add(given, "--exchange-image", exchangeImage, "null");
        add(given, "--memory", memory, MEMORY);
        add(given, "--cpu", cpu, CPU);
        add(given, "--slots", slots, String.valueOf(SLOTS_DEFAULT));
        add(given, "--protect", protect, "null");
        String options = given.isEmpty() ? "" : String.join(" with ", given) + ": ";
        return e instanceof HostMemoryException
                ? CommandFailure.environment(options + e.getMessage())
                : CommandFailure.usage(options + e.getMessage());
    }

    private static void add(
            List<String> given, String option, @Nullable Object value, String otherwise) {
        if (!String.valueOf(value).equals(otherwise)) {
            given.add(option + " " + value);
        }
    }

    private Protect protect() throws CommandFailure {
        String name = protect;
        if (name == null) {
            return Protect.UNIT;
        }
        return Arrays.stream(Protect.values())
                .filter(p -> p.name().toLowerCase(Locale.ROOT).equals(name))
                .findFirst()
                .orElseThrow(() ->
                        CommandFailure.usage(
                                "--protect " + name + ": there are unit, each and first"));
    }

    private DirtyLogMode log() throws CommandFailure {
        Optional<DirtyLogMode> log = DirtyLogMode.of(dirtyLog);
        if (log.isEmpty()) {
            throw CommandFailure.usage(
                    "--dirty-log "
                            + dirtyLog
                            + ": no such dirty log; there are "
                            + String.join(", ", new LogNames()));
        }
        return log.get();
    }

    private ProcessorModel model() throws CommandFailure {
        Optional<ProcessorModel> model = ProcessorModel.of(cpu);
        if (model.isEmpty()) {
            throw CommandFailure.usage(
                    "--cpu "
                            + cpu
                            + ": no such model; there are "
                            + String.join(", ", new GuestOptions.ModelNames()));
        }
        return model.get();
    }

    private static GuestImage image(String option, @Nullable Path file, String builtIn)
            throws CommandFailure {
        try {
            return file == null ? GuestImage.builtIn(builtIn) : GuestImage.file(file);
        } catch (MachineSetupException e) {
            throw CommandFailure.usage(option + ": " + e.getMessage());
        }
    }
}
