package io.understudy.replication.witness;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A witness of one process with a file. */
class FileWitnessConformanceTest extends WitnessConformance {
    @Override
    protected Rig rig(Path in) {
        return new FileRig(in.resolve("register"));
    }

    private static final class FileRig implements Rig {
        private final Path file;
        private @Nullable WitnessServer server;
        private @Nullable WitnessClient client;

        FileRig(Path file) {
            this.file = file;
        }

        @Override
        public void initialise() throws Exception {
            start(true);
        }

        private void start(boolean initialise) throws Exception {
            InetAddress loopback = InetAddress.getLoopbackAddress();
            server =
                    WitnessServer.start(
                            new WitnessOptions(
                                    new InetSocketAddress(loopback, 0), file, initialise));
            client =
                    new WitnessClient(
                            List.of(new InetSocketAddress(loopback, server.port())),
                            Duration.ofSeconds(10));
        }

        @Override
        public WitnessClient client() {
            return Objects.requireNonNull(client);
        }

        @Override
        public void restart() throws Exception {
            close();
            start(false);
        }

        @Override
        public void loseState() throws Exception {
            close();
            Files.delete(file);
            start(false);
        }

        @Override
        public void close() {
            client().close();
            Objects.requireNonNull(server).close();
        }
    }
}
