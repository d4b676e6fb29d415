package io.understudy.drills.process;

import java.io.IOException;

/** Signals that Java cannot send, by the {@code kill} of the system's shell. */
enum Signal {
    STOP,
    CONT;

    /**
     * Returns when the signal was sent, or after this process went on if it is the one that was
     * stopped.
     *
     * @throws IOException if it cannot be sent
     */
    void send(long pid) throws IOException {
        Process kill = new ProcessBuilder("/bin/sh", "-c", "kill -" + name() + " " + pid).start();
        try {
            if (kill.waitFor() != 0) {
                throw new IOException("cannot send SIG%s to process %d".formatted(name(), pid));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
