package io.understudy.it.document;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The files of the project. */
final class Checkout {
    private Checkout() {}

    static Path root() {
        return Path.of(System.getProperty("understudy.checkout", ".."))
                .toAbsolutePath()
                .normalize();
    }

    static String read(String name) throws IOException {
        return Files.readString(root().resolve(name));
    }

    /** Every Markdown file outside of build folders. */
    static List<Path> documents() throws IOException {
        List<Path> documents = new ArrayList<>();
        try (Stream<Path> files = Files.walk(root())) {
            files.filter(f -> f.toString().endsWith(".md"))
                    .filter(f -> !f.toString().contains("/target/"))
                    .filter(f -> !f.toString().contains("/."))
                    .forEach(documents::add);
        }
        return documents;
    }
}
