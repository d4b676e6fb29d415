package io.understudy.benchmarks;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a measurement was made on, for its JSON. */
public final class Host {
    private Host() {}

    public static void write(JsonWriter json) throws IOException {
        json.name("processor").value(processor());
        json.name("processors").value(Runtime.getRuntime().availableProcessors());
        json.name("java").value(Runtime.version().toString());
        json.name("loadAverage").value(loadAverage());
    }

    private static String processor() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
            if (line.startsWith("model name")) {
                return line.substring(line.indexOf(':') + 1).strip();
            }
        }
        return "unknown";
    }

    private static String loadAverage() throws IOException {
        return Files.readString(Path.of("/proc/loadavg")).strip();
    }
}
