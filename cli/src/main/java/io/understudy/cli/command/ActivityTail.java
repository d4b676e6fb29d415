package io.understudy.cli.command;

import com.google.gson.Gson;
import com.google.gson.JsonSyntaxException;
import io.understudy.cli.activity.MonitorReport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads the file of an {@link ActivityLog} while it grows. */
final class ActivityTail {
    /** Far more than a line; what is longer waits for the next turn. */
    private static final int READ_BYTES_MAX = 1 << 20;

    private final Gson gson = new Gson();
    private final Path file;
    private long offset;

    /**
     * @param file need not exist yet
     */
    ActivityTail(Path file) {
        this.file = file;
    }

    /** Intervals whose lines were completed since the last call. */
    List<MonitorReport.Interval> read() throws IOException {
        List<MonitorReport.Interval> intervals = new ArrayList<>();
        if (!Files.exists(file)) {
            return intervals;
        }
        ByteBuffer bytes = ByteBuffer.allocate(READ_BYTES_MAX);
        try (SeekableByteChannel channel = Files.newByteChannel(file)) {
            channel.position(offset);
            while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
                // Until the end of the file, or the buffer is full.
            }
        }
        String text = new String(bytes.array(), 0, bytes.position(), StandardCharsets.US_ASCII);
        int end = text.lastIndexOf('\n') + 1;
        offset += end;
        for (String line : text.substring(0, end).lines().toList()) {
            try {
                intervals.add(gson.fromJson(line, MonitorReport.Interval.class));
            } catch (JsonSyntaxException e) {
                throw new IOException(file + " holds a line that is no interval", e);
            }
        }
        return intervals;
    }
}
