package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import io.understudy.cli.ExitStatus;
import io.understudy.cli.option.HostDuration;
import io.understudy.drills.process.NodeReport;
import io.understudy.replication.BackupNode;
import io.understudy.replication.NodeListener;
import io.understudy.replication.NodeOptions;
import io.understudy.replication.PrimaryNode;
import io.understudy.replication.ReplicationException;
import io.understudy.replication.console.ConsoleClient;
import io.understudy.replication.console.ConsoleSink;
import io.understudy.replication.witness.WitnessOptions;
import io.understudy.replication.witness.WitnessServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code understudy rehearse}, not listed: a bare machine, then witness, backup, primary and a
 * console client inside one process for a moment, then two peers of a witness, so that the launcher
 * can record which classes the roles need at their start.
 */
@Command(name = "rehearse", hidden = true)
public final class RehearseCommand implements Callable<Integer> {
    @SuppressWarnings("NullAway.Init") // picocli sets it before the command is called
    @Spec
    private CommandSpec spec;

    @Mixin private final MachineOptions machine = new MachineOptions();

    @Option(names = "--for", defaultValue = "2s")
    private HostDuration duration = new HostDuration(2_000_000_000L);

    /** MOV AL, 0; OUT F4H, AL; the reset vector, 16 bytes below the end, jumps there. */
    private static byte[] rom() {
        byte[] rom = new byte[64];
        byte[] code = {(byte) 0xb0, 0, (byte) 0xe6, (byte) 0xf4};
        System.arraycopy(code, 0, rom, 0, code.length);
        rom[48] = (byte) 0xeb;
        rom[49] = (byte) -50;
        return rom;
    }

    /** {@code understudy machine} with the shortest program there is. */
    private void rehearseMachine(RunFolder folder) throws CommandFailure {
        Path file = folder.path().resolve("rehearsal.rom");
        try {
            Files.write(file, rom());
        } catch (IOException e) {
            throw CommandFailure.environment("cannot write " + file + ": " + e.getMessage());
        }
        CommandLine command = spec.root().commandLine().getSubcommands().get("machine");
        Objects.requireNonNull(command, "machine").execute("--rom", file.toString());
    }

    @Override
    public Integer call() throws CommandFailure, InterruptedException {
        InetSocketAddress anywhere = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        SecureRandom random = new SecureRandom();
        try (RunFolder folder = RunFolder.open(null)) {
            rehearseMachine(folder);
        }
        try (RunFolder folder = RunFolder.open(null);
                WitnessServer witness =
                        WitnessServer.start(
                                new WitnessOptions(
                                        anywhere, folder.path().resolve("register"), true))) {
            InetSocketAddress witnessAt = at(witness.port());
            NodeOptions forBackup = NodeOptions.of("backup", anywhere, witnessAt);
            try (BackupNode backup =
                    BackupNode.start(machine.standby(), forBackup, random, new NodeListener() {})) {
                NodeOptions forPrimary =
                        NodeOptions.of("primary", anywhere, witnessAt)
                                .withBackup(at(backup.port()));
                try (PrimaryNode primary =
                                PrimaryNode.start(
                                        machine.boot(),
                                        UUID.randomUUID(),
                                        forPrimary,
                                        random,
                                        new NodeListener() {});
                        ConsoleClient _ =
                                ConsoleClient.start(
                                        List.of(at(primary.port()), at(backup.port())),
                                        0,
                                        new Deaf())) {
                    TimeUnit.NANOSECONDS.sleep(duration.ns());
                    NodeReport report =
                            NodeReport.of(
                                    "primary",
                                    "",
                                    primary.status(),
                                    Map.of(),
                                    Map.of(),
                                    null,
                                    null);
                    System.out.println(report.toJsonLine());
                }
            }
        } catch (ReplicationException e) {
            throw ListenOption.failure(e);
        }
        try (RunFolder folder = RunFolder.open(null)) {
            WitnessRehearsal.hold(folder.path(), random);
        }
        return ExitStatus.DONE;
    }

    private static InetSocketAddress at(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    /** Nobody listens to a rehearsal. */
    private static final class Deaf implements ConsoleSink {
        @Override
        public void bytes(long offset, byte[] bytes) {}
    }
}
