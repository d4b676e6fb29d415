package io.understudy.benchmarks.harvest;

import com.google.gson.stream.JsonWriter;
import io.understudy.benchmarks.Host;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Every value of every ratio, as JSON. */
final class RatioFile {
    private RatioFile() {}

    static void write(String file, List<Ratio> ratios) throws IOException {
        try (JsonWriter json = new JsonWriter(Files.newBufferedWriter(Path.of(file)))) {
            json.setIndent("  ");
            json.beginObject();
            json.name("schemaVersion").value(1);
            json.name("command").value("benchmarks/harvest.sh --json " + file);
            Host.write(json);
            json.name("ratios").beginArray();
            for (Ratio ratio : ratios) {
                json.beginObject();
                json.name("name").value(ratio.name());
                json.name("goal").value(ratio.goal());
                json.name("isUpperBound").value(ratio.isUpperBound());
                json.name("min").value(ratio.values().getFirst());
                json.name("median").value(ratio.median());
                json.name("max").value(ratio.values().getLast());
                json.name("values").beginArray();
                for (double value : ratio.values()) {
                    json.value(Math.round(value * 1e4) / 1e4);
                }
                json.endArray();
                json.endObject();
            }
            json.endArray();
            json.endObject();
        }
    }
}
