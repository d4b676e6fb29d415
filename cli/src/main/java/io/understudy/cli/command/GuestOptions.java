package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import io.understudy.cli.option.ByteSize;
import io.understudy.cli.option.GuestParameterText;
import io.understudy.hypervisor.BuiltInGuest;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.GuestParameter;
import io.understudy.hypervisor.HostMemoryException;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.VirtualMachineConfig;
import io.understudy.vmx.ProcessorModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** Options that describe the guest and the machine that it sees. */
final class GuestOptions {
    private static final String CPU = "baseline";
    private static final String MEMORY = "256M";
    private static final long MEMORY_DEFAULT_BYTES = 256L << 20;

    /** What a built-in guest needs besides what it works on. */
    private static final long GUEST_ITSELF_BYTES = 2L << 20;

    private static final long PAGE_BYTES = 4096;

    private final BuiltInGuest guestDefault;
    private final Map<String, String> parametersDefault;

    /** The names of the built-in guests. */
    static final class GuestNames extends ArrayList<String> {
        private static final long serialVersionUID = 1L;

        GuestNames() {
            super(Arrays.stream(BuiltInGuest.values()).map(BuiltInGuest::guestName).toList());
        }
    }

    /** The names of the processor models. */
    static final class ModelNames extends ArrayList<String> {
        private static final long serialVersionUID = 1L;

        ModelNames() {
            super(Arrays.stream(ProcessorModel.values()).map(ProcessorModel::optionName).toList());
        }
    }

    /** One of the two. */
    static final class Source {
        @Option(
                names = "--guest",
                paramLabel = "NAME",
                description =
                        "Built-in guest: ${COMPLETION-CANDIDATES}. Default: counter; dirtier where"
                                + " memory is the subject, interrupts where they are.",
                completionCandidates = GuestNames.class)
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
            paramLabel = "KEY=VALUE",
            description = {
                "Boot parameter of the guest, repeatable, as in working-set=64M;",
                "guests/README.md lists them."
            })
    private Map<String, String> parameters = new LinkedHashMap<>();

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            description = "Memory of the guest. Default: ${DEFAULT-VALUE}.",
            defaultValue = MEMORY)
    private ByteSize memory = new ByteSize(MEMORY_DEFAULT_BYTES);

    @Option(
            names = "--cpu",
            paramLabel = "MODEL",
            description = "Processor model: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.",
            completionCandidates = ModelNames.class,
            defaultValue = CPU)
    private String cpu = CPU;

    /**
     * @param guestDefault guest if the command line names none
     */
    GuestOptions(BuiltInGuest guestDefault) {
        this(guestDefault, Map.of());
    }

    /**
     * @param parametersDefault what the default guest is told if the command line says nothing
     */
    GuestOptions(BuiltInGuest guestDefault, Map<String, String> parametersDefault) {
        this.guestDefault = guestDefault;
        this.parametersDefault = parametersDefault;
    }

    /** Name of the guest, for reports. */
    String name() {
        Path image = source.image;
        String guest = source.guest;
        return image != null ? image.toString() : guest != null ? guest : guestDefault.guestName();
    }

    ByteSize memory() {
        return memory;
    }

    /** Every dirty log that the processor model can have. */
    List<DirtyLogMode> possibleModes() throws CommandFailure {
        ProcessorModel model = config().processor();
        return Arrays.stream(DirtyLogMode.values())
                .filter(m -> !m.needsAccessedDirty() || model.hasEptAccessedDirty())
                .filter(m -> !m.needsPageModificationLog() || model.hasPageModificationLogging())
                .toList();
    }

    /** What the guest is told, for reports. */
    Map<String, String> parameters() {
        if (source.image != null || !name().equals(guestDefault.guestName())) {
            return parameters;
        }
        Map<String, String> all = new LinkedHashMap<>();
        parametersDefault.forEach((key, value) -> all.put(key, inProportion(key, value)));
        all.putAll(parameters);
        return all;
    }

    /** Default sizes are for the default memory; in less they are smaller, in more the same. */
    private String inProportion(String key, String value) {
        boolean isSize =
                guestDefault
                        .parameter(key)
                        .filter(p -> p.kind() == GuestParameter.Kind.BYTES)
                        .isPresent();
        if (!isSize || memory.bytes() >= MEMORY_DEFAULT_BYTES) {
            return value;
        }
        double share =
                Math.max(0, memory.bytes() - GUEST_ITSELF_BYTES)
                        / (double) (MEMORY_DEFAULT_BYTES - GUEST_ITSELF_BYTES);
        long bytes = (long) (new ByteSize.Converter().convert(value).bytes() * share);
        return new ByteSize(Math.max(PAGE_BYTES, bytes & -PAGE_BYTES)).toString();
    }

    /** The machine that the guest sees, with every default beyond that. */
    VirtualMachineConfig config() throws CommandFailure {
        ProcessorModel model =
                ProcessorModel.of(cpu)
                        .orElseThrow(() ->
                                CommandFailure.usage(
                                        "--cpu "
                                                + cpu
                                                + ": no such model; there are "
                                                + String.join(", ", new ModelNames())));
        Optional<BuiltInGuest> guest =
                source.image == null ? BuiltInGuest.of(name()) : Optional.empty();
        Map<String, Long> values = new LinkedHashMap<>();
        for (Map.Entry<String, String> given : parameters().entrySet()) {
            values.put(
                    given.getKey(),
                    GuestParameterText.value(guest, given.getKey(), given.getValue(), memory));
        }
        return VirtualMachineConfig.of(memory.bytes()).withParameters(values).withProcessor(model);
    }

    GuestImage image() throws CommandFailure {
        Path image = source.image;
        try {
            if (image != null) {
                return GuestImage.file(image);
            }
            if (BuiltInGuest.of(name()).isEmpty()) {
                throw CommandFailure.usage(
                        "--guest "
                                + name()
                                + ": no such guest; there are "
                                + String.join(", ", new GuestNames()));
            }
            return GuestImage.builtIn(name());
        } catch (MachineSetupException e) {
            String option = image != null ? "--image " : "--guest ";
            throw CommandFailure.usage(option + name() + ": " + e.getMessage());
        }
    }

    /** The message names what is wrong with memory or guest; the options are added to it. */
    CommandFailure failure(MachineSetupException e) {
        if (e instanceof HostMemoryException) {
            return CommandFailure.environment("--memory " + memory + ": " + e.getMessage());
        }
        String given = source.image != null ? "--image " + name() : "--guest " + name();
        String model = cpu.equals(CPU) ? "" : " and --cpu " + cpu;
        return CommandFailure.usage(
                given + " with --memory " + memory + model + ": " + e.getMessage());
    }

    /** The same options for a child's command line. */
    List<String> toArguments() {
        List<String> arguments = new ArrayList<>();
        Path image = source.image;
        if (image != null) {
            arguments.addAll(List.of("--image", image.toAbsolutePath().toString()));
        } else {
            arguments.addAll(List.of("--guest", name()));
        }
        arguments.addAll(List.of("--memory", memory.toString()));
        arguments.addAll(List.of("--cpu", cpu));
        parameters()
                .forEach((key, value) ->
                        arguments.addAll(List.of("--guest-parameter", key + "=" + value)));
        return arguments;
    }
}
