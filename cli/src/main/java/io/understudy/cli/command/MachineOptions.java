package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import io.understudy.cli.option.ByteSize;
import io.understudy.hypervisor.BuiltInGuest;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.DirtyLogPlant;
import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.SystemHostClock;
import io.understudy.hypervisor.VirtualMachine;
import io.understudy.hypervisor.VirtualMachineConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options that describe the protected machine; the two nodes of a pair must be given the same. */
final class MachineOptions {
    @Mixin private final GuestOptions guest = new GuestOptions(BuiltInGuest.COUNTER);

    /** The names of the dirty logs. */
    static final class ModeNames extends ArrayList<String> {
        private static final long serialVersionUID = 1L;

        ModeNames() {
            super(Arrays.stream(DirtyLogMode.values()).map(DirtyLogMode::optionName).toList());
        }
    }

    /** The names of the planted bugs. */
    static final class PlantNames extends ArrayList<String> {
        private static final long serialVersionUID = 1L;

        PlantNames() {
            super(Arrays.stream(DirtyLogPlant.values()).map(DirtyLogPlant::plantName).toList());
        }
    }

    @Option(
            names = "--dirty-log",
            paramLabel = "MODE",
            description = {
                "How dirty pages are found: ${COMPLETION-CANDIDATES}; none is unprotected.",
                "Default: ${DEFAULT-VALUE}."
            },
            completionCandidates = ModeNames.class,
            defaultValue = "dirty-bit")
    private String dirtyLog = "dirty-bit";

    @Option(
            names = "--plant",
            paramLabel = "FAULT",
            description = "Build in a fault on purpose: ${COMPLETION-CANDIDATES}.",
            completionCandidates = PlantNames.class,
            defaultValue = "none")
    private String plant = "none";

    /** Name of the guest, for reports. */
    String guest() {
        return guest.name();
    }

    ByteSize memory() {
        return guest.memory();
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
        VirtualMachineConfig config = config();
        GuestImage image = guest.image();
        try {
            return VirtualMachine.boot(config, image, new SystemHostClock());
        } catch (MachineSetupException e) {
            throw guest.failure(e);
        }
    }

    /** The same machine, empty. */
    VirtualMachine standby() throws CommandFailure {
        try {
            return VirtualMachine.standby(config(), new SystemHostClock());
        } catch (MachineSetupException e) {
            throw guest.failure(e);
        }
    }

    /** The same options for a child's command line. */
    List<String> toArguments() {
        List<String> arguments = new ArrayList<>(guest.toArguments());
        arguments.addAll(List.of("--dirty-log", dirtyLog));
        arguments.addAll(List.of("--plant", plant));
        return arguments;
    }

    private VirtualMachineConfig config() throws CommandFailure {
        return guest.config().withDirtyLog(dirtyLogMode()).withPlant(dirtyLogPlant());
    }

    private DirtyLogMode dirtyLogMode() throws CommandFailure {
        return DirtyLogMode.of(dirtyLog)
                .orElseThrow(() ->
                        CommandFailure.usage(
                                "--dirty-log "
                                        + dirtyLog
                                        + ": no such mode; there are "
                                        + String.join(", ", new ModeNames())));
    }

    private DirtyLogPlant dirtyLogPlant() throws CommandFailure {
        for (DirtyLogPlant known : DirtyLogPlant.values()) {
            if (known.plantName().equals(plant)) {
                return known;
            }
        }
        throw CommandFailure.usage(
                "--plant "
                        + plant
                        + ": no such fault; there are "
                        + String.join(", ", new PlantNames()));
    }
}
