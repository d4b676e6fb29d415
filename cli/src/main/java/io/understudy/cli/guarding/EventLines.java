package io.understudy.cli.guarding;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.io.Writer;

/** Events as JSON lines, written at once. The first failure is kept, and nothing written after. */
public final class EventLines implements AutoCloseable {
    private final Gson gson = new GsonBuilder().serializeNulls().disableHtmlEscaping().create();
    private final Writer out;
    private String failure = "";

    public EventLines(Writer out) {
        this.out = out;
    }

    /** Writes one line; whole, or the stream has failed. */
    public void write(EventReport event) {
        if (!failure.isEmpty()) {
            return;
        }
        try {
            out.write(gson.toJson(event) + "\n");
            out.flush();
        } catch (IOException e) {
            failure = String.valueOf(e.getMessage());
        }
    }

    /** Why nothing is written any more; empty if all is well. */
    public String failure() {
        return failure;
    }

    @Override
    public void close() {
        try {
            out.close();
        } catch (IOException e) {
            failure = failure.isEmpty() ? String.valueOf(e.getMessage()) : failure;
        }
    }
}
