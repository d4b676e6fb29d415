package io.understudy.cli.command;

import io.understudy.cli.Interruption;
import java.io.IOException;
import java.io.OutputStream;
import picocli.CommandLine.Option;

/**
 * When a role ends. Alone: on Ctrl-C. As a child of {@code run} or a drill: when its standard input
 * closes, which also happens when the parent dies in whatever way.
 */
final class Supervision {
    @Option(names = "--supervised", hidden = true)
    private boolean isSupervised;

    boolean isSupervised() {
        return isSupervised;
    }

    /** Starts to watch for the end. */
    Interruption watch() {
        Interruption interruption = Interruption.install();
        if (isSupervised) {
            Thread watcher =
                    new Thread(
                            () -> {
                                awaitEndOfInput();
                                interruption.request();
                            },
                            "understudy-parent-watch");
            watcher.setDaemon(true);
            watcher.start();
        }
        return interruption;
    }

    private static void awaitEndOfInput() {
        try {
            // A parent has nothing to say; only the end counts.
            System.in.transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            System.err.println("lost the standard input: " + e.getMessage());
        }
    }
}
