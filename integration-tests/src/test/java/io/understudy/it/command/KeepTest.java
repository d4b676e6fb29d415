package io.understudy.it.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Epochs on disk from the first to the last step, as a user goes through them. */
class KeepTest {
    @TempDir private Path folder;

    @Test
    void keptEpochsAreVerifiedPackedUnpackedAndRestored() throws Exception {
        Path kept = folder.resolve("kept");
        JsonObject keep;
        try (Program run =
                Program.run(
                        "run",
                        "--instructions",
                        "1500000",
                        "--epoch-instructions",
                        "10000",
                        "--keep",
                        kept.toString(),
                        "--json",
                        "-")) {
            assertThat(run.exitStatus()).as(run.err().toString()).isZero();
            keep = JsonParser.parseString(run.outText()).getAsJsonObject().getAsJsonObject("keep");
        }
        long epochs = keep.get("epochs").getAsLong();
        assertThat(epochs).isPositive();
        assertThat(keep.get("epochsLeftOut").getAsLong()).isZero();

        JsonArray inspected = json("segments", "inspect", kept.toString(), "--epochs");
        assertThat(inspected).hasSize(keep.get("segments").getAsInt());
        JsonObject segment = inspected.get(0).getAsJsonObject();
        long epoch = segment.get("lastEpoch").getAsLong();
        assertThat(epoch).isEqualTo(keep.get("lastEpoch").getAsLong());

        JsonArray verified = json("files", "verify", kept.toString());
        assertThat(verified.get(0).getAsJsonObject().get("digests").getAsLong())
                .isEqualTo(segment.get("epochs").getAsLong());

        Path archive = folder.resolve("kept.tar.lz4");
        assertThat(json("files", "export", kept.toString(), archive.toString())).hasSize(1);
        Path imported = folder.resolve("imported");
        assertThat(json("files", "import", archive.toString(), imported.toString())).hasSize(1);
        restoredRunGoesOn(imported, segment.get("restorableFrom").getAsLong());

        Path file = onlySegment(imported);
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.seek(5_000);
            bytes.write(0x55);
            bytes.write(0xaa);
        }
        try (Program verify = Program.run("verify", imported.toString())) {
            assertThat(verify.exitStatus()).isOne();
            assertThat(verify.out().getLast()).isEqualTo("1 files verified, 1 broken, 0 unclosed");
            assertThat(verify.err().getLast()).contains(String.valueOf(file.getFileName()));
        }
    }

    /** The guest ends at the very instruction at which the machine of the files ended. */
    private static void restoredRunGoesOn(Path from, long epoch) throws Exception {
        try (Program run =
                Program.run(
                        "run",
                        "--instructions",
                        "1600000",
                        "--restore",
                        from + "@" + epoch,
                        "--json",
                        "-")) {
            assertThat(run.exitStatus()).as(run.err().toString()).isZero();
            JsonObject report = JsonParser.parseString(run.outText()).getAsJsonObject();
            assertThat(report.get("guestInstructions").getAsLong()).isEqualTo(1_600_000L);
            assertThat(report.get("outputsReleased").getAsLong()).isPositive();
        }
    }

    private static JsonArray json(String key, String... arguments) throws Exception {
        List<String> all = Stream.concat(Stream.of(arguments), Stream.of("--json", "-")).toList();
        try (Program program = Program.run(all.toArray(new String[0]))) {
            assertThat(program.exitStatus()).as(program.err().toString()).isZero();
            return JsonParser.parseString(program.outText()).getAsJsonObject().getAsJsonArray(key);
        }
    }

    private static Path onlySegment(Path folder) throws Exception {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(f -> f.toString().endsWith(".tar")).findFirst().orElseThrow();
        }
    }
}
