package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import io.understudy.cli.ExitStatus;
import io.understudy.cli.Interruption;
import io.understudy.cli.option.HostDuration;
import io.understudy.drills.process.NodeReport;
import io.understudy.replication.ReplicationException;
import io.understudy.replication.witness.Witness;
import io.understudy.replication.witness.WitnessOptions;
import io.understudy.replication.witness.WitnessServer;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code understudy witness}. */
@Command(
        name = "witness",
        description = "Keeps the register that says which node may speak for the machine.",
        mixinStandardHelpOptions = true)
public final class WitnessCommand implements Callable<Integer> {
    @Mixin private final ListenOption listen = new ListenOption();
    @Mixin private final Supervision supervision = new Supervision();
    @Mixin private final PeerOptions peers = new PeerOptions();

    @Option(
            names = "--register",
            required = true,
            paramLabel = "PATH",
            description = "The register's file; with --peers, this peer's folder.")
    private Path register = Path.of("register");

    @Option(
            names = "--init",
            description = {
                "Make the file, which must not exist yet. Once per witness: a register that was",
                "lost is never made up. With --peers, found the cluster: at one peer, once."
            })
    private boolean initialise;

    @Option(names = "--report-every", hidden = true, defaultValue = "1s")
    private HostDuration reportEvery = new HostDuration(1_000_000_000L);

    @Override
    public Integer call() throws CommandFailure, InterruptedException {
        peers.check(initialise);
        Interruption interruption = supervision.watch();
        int status = ExitStatus.ENVIRONMENT;
        listen.warnIfOpen();
        try (Witness server = start()) {
            String at = listen.at(server.port()).toString();
            if (!supervision.isSupervised()) {
                System.out.println("witness listening on " + at);
            }
            do {
                say(NodeReport.idle("witness", state(server.status()), server.status(), at));
            } while (!interruption.await(reportEvery.millis()));
            status = ExitStatus.DONE;
        } catch (ReplicationException e) {
            throw ListenOption.failure(e);
        } finally {
            interruption.done(status);
        }
        return status;
    }

    private Witness start() throws CommandFailure, ReplicationException {
        return peers.areGiven()
                ? peers.start(listen.endpoint().address(), register, initialise)
                : WitnessServer.start(
                        new WitnessOptions(listen.endpoint().address(), register, initialise));
    }

    /** Unknown as long as it has nothing to answer with. */
    private static String state(String status) {
        return status.startsWith("UNKNOWN") ? "unknown" : "up";
    }

    private void say(NodeReport report) {
        if (supervision.isSupervised()) {
            System.out.println(report.toJsonLine());
            System.out.flush();
        }
    }
}
