package io.understudy.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.logging.LogManager;

/**
 * What libraries log. A connection that breaks is everyday life here, and the roles say so in one
 * sentence; gRPC and Ratis would add a page.
 */
final class Logging {
    private static final String QUIET =
            """
            handlers = java.util.logging.ConsoleHandler
            java.util.logging.SimpleFormatter.format = %4$s: %3$s: %5$s%6$s%n
            .level = WARNING
            io.grpc.level = SEVERE
            io.netty.level = SEVERE
            org.apache.ratis.level = OFF
            """;

    private Logging() {}

    /** Keeps a configuration that the user gave to the JVM. */
    static void configure() {
        if (System.getProperty("java.util.logging.config.file") != null) {
            return;
        }
        try {
            LogManager.getLogManager()
                    .readConfiguration(
                            new ByteArrayInputStream(QUIET.getBytes(StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new UncheckedIOException("reading from memory cannot fail", e);
        }
    }
}
