package io.understudy.cli;

import io.understudy.cli.command.ApicCommand;
import io.understudy.cli.command.BackupCommand;
import io.understudy.cli.command.BenchCommand;
import io.understudy.cli.command.ConsoleCommand;
import io.understudy.cli.command.DemoCommand;
import io.understudy.cli.command.DrillCommand;
import io.understudy.cli.command.ExportCommand;
import io.understudy.cli.command.GuardCommand;
import io.understudy.cli.command.ImportCommand;
import io.understudy.cli.command.InspectCommand;
import io.understudy.cli.command.MachineCommand;
import io.understudy.cli.command.MonitorCommand;
import io.understudy.cli.command.PagingCommand;
import io.understudy.cli.command.PrimaryCommand;
import io.understudy.cli.command.RehearseCommand;
import io.understudy.cli.command.ReportCommand;
import io.understudy.cli.command.RunCommand;
import io.understudy.cli.command.SimulateCommand;
import io.understudy.cli.command.StatusCommand;
import io.understudy.cli.command.SwitchoverCommand;
import io.understudy.cli.command.VectorsCommand;
import io.understudy.cli.command.VerifyCommand;
import io.understudy.cli.command.ViewsCommand;
import io.understudy.cli.command.WitnessCommand;
import io.understudy.cli.option.ByteSize;
import io.understudy.cli.option.Endpoint;
import io.understudy.cli.option.HostDuration;
import io.understudy.cli.option.WitnessPeer;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The program: parses the command line, runs one command, exits with its status. */
@Command(
        name = "understudy",
        description =
                "Keeps a second copy of a running virtual machine ready to carry on in the middle"
                        + " of a sentence.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "Exit status: 0 done and every promise held, 1 a promise broken or a run failed,"
                    + " 2 usage, 3 environment.",
            "docs/commands.md describes every command, option and JSON key."
        })
public final class Main implements Callable<Integer> {
    /** Every command, in the order of the usage message; each class is named after its command. */
    private static final List<Class<?>> COMMANDS =
            List.of(
                    RunCommand.class,
                    PrimaryCommand.class,
                    BackupCommand.class,
                    WitnessCommand.class,
                    ConsoleCommand.class,
                    StatusCommand.class,
                    SwitchoverCommand.class,
                    DemoCommand.class,
                    DrillCommand.class,
                    MachineCommand.class,
                    MonitorCommand.class,
                    GuardCommand.class,
                    ReportCommand.class,
                    PagingCommand.class,
                    ViewsCommand.class,
                    ApicCommand.class,
                    SimulateCommand.class,
                    InspectCommand.class,
                    VerifyCommand.class,
                    ExportCommand.class,
                    ImportCommand.class,
                    VectorsCommand.class,
                    BenchCommand.class,
                    RehearseCommand.class);

    @SuppressWarnings("NullAway.Init") // picocli sets it before the command is called
    @Spec
    private CommandSpec spec;

    private Main() {}

    public static void main(String[] arguments) {
        Thread.setDefaultUncaughtExceptionHandler(Main::stop);
        Logging.configure();
        int status = commandLineFor(arguments).execute(arguments);
        System.out.flush();
        System.exit(status);
    }

    /**
     * The parser for one command line: with the command that it begins with alone, because the
     * models of all take longer to build than a short command runs; else with every command.
     */
    static CommandLine commandLineFor(String[] arguments) {
        String name = arguments.length == 0 ? "" : arguments[0];
        for (Class<?> command : COMMANDS) {
            // A rehearsal starts other commands.
            if (command != RehearseCommand.class && isNamed(command, name)) {
                return commandLine(List.of(command));
            }
        }
        return commandLine();
    }

    private static boolean isNamed(Class<?> command, String name) {
        return command.getSimpleName().toLowerCase(Locale.ROOT).equals(name + "command");
    }

    /** The parser with every command. */
    public static CommandLine commandLine() {
        return commandLine(COMMANDS);
    }

    private static CommandLine commandLine(List<Class<?>> commands) {
        CommandLine commandLine = new CommandLine(new Main());
        for (Class<?> command : commands) {
            commandLine.addSubcommand(command);
        }
        return commandLine
                .registerConverter(HostDuration.class, new HostDuration.Converter())
                .registerConverter(ByteSize.class, new ByteSize.Converter())
                .registerConverter(Endpoint.class, new Endpoint.Converter())
                .registerConverter(WitnessPeer.class, new WitnessPeer.Converter())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setOverwrittenOptionsAllowed(false)
                .setUsageHelpAutoWidth(false)
                .setUsageHelpWidth(100)
                .setParameterExceptionHandler(Failures::usage)
                .setExecutionExceptionHandler(Failures::execution);
    }

    /** A thread that died of a bug takes the process with it: half a node is worse than none. */
    private static void stop(Thread thread, Throwable bug) {
        System.err.println(
                "understudy: internal error in thread "
                        + thread.getName()
                        + ", please report it with the lines below: "
                        + bug);
        bug.printStackTrace();
        Runtime.getRuntime().halt(ExitStatus.FAILED);
    }

    /** Program and version. */
    public static String program() {
        String version = Main.class.getPackage().getImplementationVersion();
        return "understudy " + (version == null ? "(unpackaged)" : version);
    }

    @Override
    public Integer call() {
        PrintWriter err = spec.commandLine().getErr();
        err.println("understudy: no command given; 'understudy --help' lists them");
        return ExitStatus.USAGE;
    }

    /** {@code --version}: the program and the Java that runs it. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {program() + " on Java " + Runtime.version()};
        }
    }
}
