package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import io.understudy.cli.option.ByteSize;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.InvalidationPolicy;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.SystemHostClock;
import io.understudy.hypervisor.VirtualMachine;
import io.understudy.hypervisor.VirtualMachineConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** Options that describe the protected machine; the two nodes of a pair must be given the same. */
final class MachineOptions {
    private static final String GUEST_DEFAULT = "counter";
    private static final String CPU = "baseline";

    /** One of the two. */
    static final class Source {
        @Option(
                names = "--guest",
                paramLabel = "NAME",
                description = "Built-in guest: counter. Default: counter.")
        private @Nullable String guest;

        @Option(
                names = "--image",
                paramLabel = "FILE",
                description = "A guest of your own: a 64-bit ELF file, docs/formats/boot-info.md.")
        private @Nullable Path image;
    }

    @ArgGroup private Source source = new Source();

    @Option(
            names = "--guest-parameter",
            paramLabel = "KEY=N",
            description = "Boot parameter of the guest, repeatable; guests/README.md lists them.")
    private Map<String, Long> parameters = new LinkedHashMap<>();

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            description = "Memory of the guest. Default: ${DEFAULT-VALUE}.",
            defaultValue = "256M")
    private ByteSize memory = new ByteSize(256L << 20);

    @Option(
            names = "--cpu",
            paramLabel = "MODEL",
            description = "Processor model: baseline. Default: ${DEFAULT-VALUE}.",
            defaultValue = CPU)
    private String cpu = CPU;

    @Option(
            names = "--dirty-log",
            paramLabel = "MODE",
            description = {
                "How dirty pages are found: dirty-bit, or none (unprotected).",
                "Default: ${DEFAULT-VALUE}."
            },
            defaultValue = "dirty-bit")
    private String dirtyLog = "dirty-bit";

    @Option(
            names = "--plant",
            paramLabel = "FAULT",
            description = "Build in a fault on purpose: lost-dirty-bit.",
            defaultValue = "none")
    private String plant = "none";

    /** Name of the guest, for reports. */
    String guest() {
        Path image = source.image;
        String guest = source.guest;
        return image != null ? image.toString() : guest != null ? guest : GUEST_DEFAULT;
    }

    String dirtyLog() {
        return dirtyLog;
    }

    /** Whether the machine can have a backup. */
    boolean isProtected() throws CommandFailure {
        return dirtyLogMode() != DirtyLogMode.NONE;
    }

    /** Builds the machine and throws it away, to find out what is wrong with the options. */
    void check() throws CommandFailure {
        boot().close();
    }

    /** The machine with its guest loaded, ready to run. */
    VirtualMachine boot() throws CommandFailure {
        try {
            return VirtualMachine.boot(config(), image(), new SystemHostClock());
        } catch (MachineSetupException e) {
            throw failure(e);
        }
    }

    /** The same machine, empty. */
    VirtualMachine standby() throws CommandFailure {
        try {
            return VirtualMachine.standby(config(), new SystemHostClock());
        } catch (MachineSetupException e) {
            throw failure(e);
        }
    }

    /** The same options for a child's command line. */
    List<String> toArguments() {
        List<String> arguments = new ArrayList<>();
        Path image = source.image;
        if (image != null) {
            arguments.addAll(List.of("--image", image.toAbsolutePath().toString()));
        } else {
            arguments.addAll(List.of("--guest", guest()));
        }
        arguments.addAll(List.of("--memory", memory.toString()));
        arguments.addAll(List.of("--cpu", cpu));
        arguments.addAll(List.of("--dirty-log", dirtyLog));
        arguments.addAll(List.of("--plant", plant));
        parameters.forEach(
                (key, value) -> arguments.addAll(List.of("--guest-parameter", key + "=" + value)));
        return arguments;
    }

    /** The message names what is wrong with memory or guest; the options are added to it. */
    private CommandFailure failure(MachineSetupException e) {
        String given = source.image != null ? "--image " + guest() : "--guest " + guest();
        return CommandFailure.usage(given + " with --memory " + memory + ": " + e.getMessage());
    }

    private GuestImage image() throws CommandFailure {
        Path image = source.image;
        try {
            return image != null ? GuestImage.file(image) : GuestImage.builtIn(guest());
        } catch (MachineSetupException e) {
            String option = image != null ? "--image " : "--guest ";
            throw CommandFailure.usage(option + guest() + ": " + e.getMessage());
        }
    }

    private VirtualMachineConfig config() throws CommandFailure {
        if (!cpu.equals(CPU)) {
            throw CommandFailure.usage("--cpu " + cpu + ": no such model; there is " + CPU);
        }
        return VirtualMachineConfig.of(memory.bytes())
                .withParameters(parameters)
                .withDirtyLog(dirtyLogMode())
                .withInvalidation(invalidation());
    }

    private DirtyLogMode dirtyLogMode() throws CommandFailure {
        return DirtyLogMode.of(dirtyLog)
                .orElseThrow(() ->
                        CommandFailure.usage(
                                "--dirty-log "
                                        + dirtyLog
                                        + ": no such mode; there are "
                                        + namesOf(DirtyLogMode.values())));
    }

    private InvalidationPolicy invalidation() throws CommandFailure {
        for (InvalidationPolicy policy : InvalidationPolicy.values()) {
            if (policy.plantName().equals(plant)) {
                return policy;
            }
        }
        throw CommandFailure.usage("--plant " + plant + ": no such fault; there is lost-dirty-bit");
    }

    private static String namesOf(DirtyLogMode... modes) {
        List<String> names = new ArrayList<>();
        for (DirtyLogMode mode : modes) {
            names.add(mode.optionName());
        }
        return String.join(" and ", names);
    }
}
