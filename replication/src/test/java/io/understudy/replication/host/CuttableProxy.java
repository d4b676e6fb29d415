package io.understudy.replication.host;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A TCP relay that can be cut, as a switch port can: nothing passes, nothing is said about it. */
final class CuttableProxy implements AutoCloseable {
    private final ServerSocket server;
    private final int targetPort;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private volatile boolean isCut;

    CuttableProxy(int targetPort) throws IOException {
        this.targetPort = targetPort;
        this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofPlatform().daemon(true).name("proxy").start(this::accept);
    }

    int port() {
        return server.getLocalPort();
    }

    void cut() {
        isCut = true;
    }

    /** Connections from before the cut are reset; new ones pass. */
    void heal() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
        sockets.clear();
        isCut = false;
    }

    @Override
    public void close() throws IOException {
        server.close();
        heal();
    }

    private void accept() {
        try {
            while (true) {
                Socket near = server.accept();
                sockets.add(near);
                if (!isCut) {
                    Socket far = new Socket(InetAddress.getLoopbackAddress(), targetPort);
                    sockets.add(far);
                    Thread.ofPlatform().daemon(true).start(() -> relay(near, far));
                    Thread.ofPlatform().daemon(true).start(() -> relay(far, near));
                }
            }
        } catch (IOException e) {
            // Closed by the test, or nobody listens at the target: connections just hang.
        }
    }

    private void relay(Socket from, Socket to) {
        byte[] buffer = new byte[1 << 16];
        try (from;
                to) {
            int length = from.getInputStream().read(buffer);
            while (length > 0) {
                while (isCut) {
                    Thread.sleep(5);
                }
                to.getOutputStream().write(buffer, 0, length);
                length = from.getInputStream().read(buffer);
            }
        } catch (IOException | InterruptedException e) {
            // One side went away; both are closed.
        }
    }
}
