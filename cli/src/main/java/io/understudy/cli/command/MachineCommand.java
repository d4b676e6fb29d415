package io.understudy.cli.command;

import io.understudy.cli.option.ByteSize;
import io.understudy.cli.option.HostDuration;
import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.board.Board;
import io.understudy.hypervisor.board.BoardConfig;
import io.understudy.hypervisor.board.BoardConfig.Kind;
import io.understudy.hypervisor.board.BoardOutcome;
import io.understudy.vmx.ProcessorModel;
import java.io.BufferedOutputStream;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code understudy machine}. */
@Command(
        name = "machine",
        description = {
            "Starts a kernel on a bare emulated processor in root operation: no hypervisor of ours,"
                    + " nothing replicated. COM1 goes to standard output.",
            "The kernel ends the machine by a write to port 0xf4."
        },
        footer = {
            "",
            "Exit status: odd, what the kernel wrote to port 0xf4: (value << 1) | 1, modulo 256."
                    + " Even, ours: 2 usage, 4 environment or bad image, 6 triple fault or reset,"
                    + " 8 time-out, 10 internal error.",
            "",
            "A multiboot kernel in ELF is entered in flat 32-bit protected mode, 64-bit ELF too.",
            "Example: understudy machine --image tests/vmx.flat --append vmexit --timeout 5m"
        },
        mixinStandardHelpOptions = true)
public final class MachineCommand implements Callable<Integer> {
    private static final int SETUP = 4;
    private static final int RESET = 6;
    private static final int TIMED_OUT = 8;
    private static final int INTERNAL = 10;
    private static final int STATUS_MASK = 0xff;

    @SuppressWarnings("NullAway.Init") // picocli sets it before the command is called
    @Spec
    private CommandSpec spec;

    @SuppressWarnings("NullAway.Init") // required
    @ArgGroup(multiplicity = "1")
    private Image image;

    /** What is started; one of the three. */
    static final class Image {
        @Option(
                names = "--image",
                paramLabel = "FILE",
                description = "Kernel: multiboot-1 ELF32, ELF64, or multiboot with addresses.")
        private @Nullable Path multiboot;

        @Option(
                names = "--kernel",
                paramLabel = "FILE",
                description =
                        "Kernel of the Linux boot protocol (bzImage); --module is its initrd.")
        private @Nullable Path linux;

        @Option(
                names = "--rom",
                paramLabel = "FILE",
                description =
                        "Raw bytes, at most 64K, that end below 4 GiB; starts at the reset"
                                + " vector.")
        private @Nullable Path rom;
    }

    @Option(
            names = "--append",
            paramLabel = "WORDS",
            description = "Command line of the kernel, behind its file name.")
    private String append = "";

    @Option(
            names = "--module",
            paramLabel = "FILE",
            description = "File for the kernel, as a multiboot module or initrd; may be repeated.")
    private List<Path> modules = new ArrayList<>();

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            defaultValue = "512M",
            description =
                    "RAM, 3 GiB of it below 4 GiB at most; 2M or more, a multiple of 4K. Default:"
                            + " ${DEFAULT-VALUE}.")
    private ByteSize memory = new ByteSize(512L << 20);

    @Option(
            names = "--cpu",
            paramLabel = "MODEL",
            defaultValue = "MAX",
            description = "Features of the processors: baseline, haswell or max. Default: max.")
    private ProcessorModel cpu = ProcessorModel.MAX;

    @Option(
            names = "--cpus",
            paramLabel = "N",
            defaultValue = "1",
            description = "Processors, 1 or 2. Default: ${DEFAULT-VALUE}.")
    private int cpus = 1;

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            defaultValue = "60s",
            description = "Host time after which it ends. Default: ${DEFAULT-VALUE}.")
    private HostDuration timeout = new HostDuration(60_000_000_000L);

    @Option(
            names = "--trace",
            paramLabel = "FILE",
            description = "Write every instruction, and the registers that changed, to FILE.")
    private @Nullable Path trace;

    private void checkRanges() {
        if (cpus < 1 || cpus > BoardConfig.PROCESSORS_MAX) {
            throw invalid("--cpus", cpus, "is not 1 or " + BoardConfig.PROCESSORS_MAX);
        }
        ByteSize least = new ByteSize(BoardConfig.MEMORY_MIN_BYTES);
        if (memory.bytes() < least.bytes()) {
            throw invalid("--memory", memory, "is less than " + least);
        }
        ByteSize unit = new ByteSize(BoardConfig.MEMORY_UNIT_BYTES);
        if (memory.bytes() % unit.bytes() != 0) {
            throw invalid("--memory", memory, "is no multiple of " + unit);
        }
    }

    private ParameterException invalid(String option, Object value, String why) {
        return new ParameterException(
                spec.commandLine(),
                "Invalid value for option '" + option + "': " + value + " " + why);
    }

    @Override
    public Integer call() {
        checkRanges();
        PrintWriter err = spec.commandLine().getErr();
        try {
            return run(err);
        } catch (MachineSetupException e) {
            err.println("understudy machine: " + e.getMessage());
            return SETUP;
        } catch (IOException | UncheckedIOException e) {
            err.println("understudy machine: cannot write the trace: " + e.getMessage());
            return SETUP;
        } catch (RuntimeException e) {
            err.println("understudy machine: internal error, please report it: " + e);
            e.printStackTrace(err);
            return INTERNAL;
        }
    }

    private int run(PrintWriter err) throws MachineSetupException, IOException {
        PrintStream out = new PrintStream(new BufferedOutputStream(System.out, 256), false);
        Path file = trace;
        try (Board board = new Board(config(), value -> write(out, value))) {
            if (file == null) {
                return finish(board, out, err);
            }
            try (BufferedWriter lines = Files.newBufferedWriter(file, StandardCharsets.UTF_8)) {
                board.traceTo(line -> writeLine(lines, line));
                return finish(board, out, err);
            }
        }
    }

    private static void writeLine(BufferedWriter to, String line) {
        try {
            to.write(line);
            to.write('\n');
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(PrintStream out, int value) {
        out.write(value);
        if (value == '\n') {
            out.flush();
        }
    }

    private int finish(Board board, PrintStream out, PrintWriter err) {
        long start = System.nanoTime();
        BoardOutcome outcome = board.run(System::nanoTime, start + timeout.ns());
        out.flush();
        return switch (outcome.end()) {
            case EXITED -> (outcome.value() << 1 | 1) & STATUS_MASK;
            case RESET -> say(err, outcome.detail(), RESET);
            case TIMED_OUT -> say(err, outcome.detail(), TIMED_OUT);
        };
    }

    private static int say(PrintWriter err, String detail, int status) {
        err.println("understudy machine: " + detail);
        return status;
    }

    private BoardConfig config() throws MachineSetupException {
        Path multiboot = image.multiboot;
        Path linux = image.linux;
        Path rom = image.rom;
        List<GuestImage> files = new ArrayList<>();
        for (Path p : modules) {
            files.add(GuestImage.file(p));
        }
        Kind kind = multiboot != null ? Kind.MULTIBOOT : linux != null ? Kind.LINUX : Kind.ROM;
        Path first = multiboot != null ? multiboot : linux != null ? linux : rom;
        if (first == null) {
            throw new IllegalStateException("the group of images has one member at least");
        }
        return new BoardConfig(
                GuestImage.file(first), kind, append, files, memory.bytes(), cpu, cpus);
    }
}
