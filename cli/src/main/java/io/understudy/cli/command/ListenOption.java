package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import io.understudy.cli.option.Endpoint;
import io.understudy.replication.ReplicationException;
import picocli.CommandLine.Option;

/** {@code --listen HOST:PORT}. */
final class ListenOption {
    @Option(
            names = "--listen",
            paramLabel = "HOST:PORT",
            description = {
                "Address to listen on; port 0 lets the system choose.",
                "Default: ${DEFAULT-VALUE}, which only this host can reach."
            },
            defaultValue = "127.0.0.1:0")
    private Endpoint listen = new Endpoint("127.0.0.1", 0);

    Endpoint endpoint() {
        return listen;
    }

    /** The endpoint with the port that was really taken. */
    Endpoint at(int port) {
        return new Endpoint(listen.host(), port);
    }

    /** Other hosts can reach the listener, and nothing is encrypted or authenticated. */
    void warnIfOpen() {
        if (!listen.isLoopback()) {
            System.err.println(
                    "warning: --listen "
                            + listen
                            + " can be reached by other hosts, and without TLS anybody there can"
                            + " read and replace the machine");
        }
    }

    static CommandFailure failure(ReplicationException e) {
        return CommandFailure.environment(String.valueOf(e.getMessage()));
    }
}
