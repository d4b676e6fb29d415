package io.understudy.drills.process;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Loopback ports for children that have to know each other's address before any of them listens.
 *
 * <p>Taken from below the range from which Linux gives out ports of outgoing connections, so that
 * between this check and the child's bind only another server could take one.
 */
public final class FreePorts {
    private static final int FIRST = 20_000;
    private static final int LIMIT = 32_000;
    private static final int ATTEMPTS_MAX = 1_000;

    private FreePorts() {}

    /**
     * @return {@code count} different ports of 127.0.0.1 that nobody listened on a moment ago
     * @throws IOException when no such ports were found
     */
    public static List<Integer> find(int count, RandomGenerator random) throws IOException {
        List<ServerSocket> held = new ArrayList<>();
        try {
            List<Integer> ports = new ArrayList<>();
            for (int attempt = 0; attempt < ATTEMPTS_MAX && ports.size() < count; attempt++) {
                int port = random.nextInt(FIRST, LIMIT);
                ServerSocket socket = new ServerSocket();
                held.add(socket);
                if (binds(socket, port)) {
                    ports.add(port);
                }
            }
            if (ports.size() < count) {
                throw new IOException("no free port between " + FIRST + " and " + LIMIT);
            }
            return ports;
        } finally {
            for (ServerSocket socket : held) {
                socket.close();
            }
        }
    }

    private static boolean binds(ServerSocket socket, int port) {
        try {
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException _) {
            // Somebody listens there: an expected answer, the caller tries another port.
            return false;
        }
    }
}
