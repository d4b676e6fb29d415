package io.understudy.vmx.conformance;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import io.understudy.vmx.decode.Decoder;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.CharArrayReader;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/**
 * Reads recorded cases: JSON lines, gzip or plain, one case a line.
 *
 * <pre>
 * g group, n name, b instruction bytes, r 16 registers, f RFLAGS, m window of 128 bytes
 * o outcome: ip, f, r {index: value} and m {offset: bytes} where changed, e vector, err, cr2
 * uf undefined RFLAGS, ud destination undefined, usw undefined x87 status, approx approximate result
 * mxcsr, x 16 XMM registers; fcw fsw ftw, st ST(0) to ST(7); in o: x {index: value}
 * </pre>
 *
 * <p>Numbers are hexadecimal strings. Lines are bounded before they are parsed, so a hostile file
 * costs no more memory than a long line.
 */
final class VectorReader implements Closeable {
    private static final int LINE_CHARS_MAX = 1 << 16;
    private static final int GZIP_MAGIC = 0x1f8b;

    private final Path file;
    private final BufferedReader in;
    private final char[] buffer = new char[LINE_CHARS_MAX];
    private int line;

    VectorReader(Path file) throws IOException {
        this.file = file;
        InputStream raw = new BufferedInputStream(Files.newInputStream(file));
        try {
            raw.mark(2);
            boolean gzip = (raw.read() << 8 | raw.read()) == GZIP_MAGIC;
            raw.reset();
            InputStream plain = gzip ? new GZIPInputStream(raw, 1 << 16) : raw;
            this.in = new BufferedReader(new InputStreamReader(plain, StandardCharsets.UTF_8));
        } catch (IOException e) {
            raw.close();
            throw explained(e);
        }
    }

    /** The next case, or null at the end of the file. */
    @Nullable RecordedCase next() throws IOException {
        try {
            int chars;
            do {
                line++;
                chars = readLine();
            } while (chars == 0);
            return chars < 0 ? null : parse(chars);
        } catch (VectorFormatException e) {
            throw e;
        } catch (IOException | IllegalStateException | IllegalArgumentException e) {
            throw explained(e);
        }
    }

    @Override
    public void close() throws IOException {
        in.close();
    }

    /** Fills the buffer with a line; its length, or -1 at the end of the file. */
    private int readLine() throws IOException {
        int n = 0;
        while (true) {
            int c = in.read();
            if (c < 0) {
                return n == 0 ? -1 : n;
            }
            if (c == '\n') {
                return n;
            }
            if (n == LINE_CHARS_MAX) {
                throw wrong("the line is longer than " + LINE_CHARS_MAX + " characters");
            }
            buffer[n++] = (char) c;
        }
    }

    private RecordedCase parse(int chars) throws IOException {
        JsonReader json = new JsonReader(new CharArrayReader(buffer, 0, chars));
        json.setStrictness(Strictness.STRICT);
        RecordedCase.Builder b = new RecordedCase.Builder();
        b.line = line;
        Changes changes = new Changes();
        json.beginObject();
        while (json.hasNext()) {
            key(json, json.nextName(), b, changes);
        }
        json.endObject();
        if (json.peek() != JsonToken.END_DOCUMENT) {
            throw wrong("something follows the case");
        }
        check(b, changes);
        return new RecordedCase(b);
    }

    private void key(JsonReader json, String key, RecordedCase.Builder b, Changes changes)
            throws IOException {
        switch (key) {
            case "g" -> json.skipValue();
            case "n" -> b.name = text(json, key);
            case "b" -> b.code = bytes(json, key);
            case "r" -> b.gpr = registers(json);
            case "f" -> b.rflags = number(json, key);
            case "m" -> b.window = bytes(json, key);
            case "o" -> outcome(json, b, changes);
            case "uf" -> b.undefinedFlags = number(json, key);
            case "ud" -> b.destinationUndefined = json.nextInt() != 0;
            case "usw" -> b.undefinedStatus = (int) number(json, key);
            case "approx" -> b.approximate = json.nextInt() != 0;
            case "x" -> vectors(json, b.floats);
            default -> {
                if (!floats(json, key, b.floats)) {
                    throw wrong("unknown key \"" + key + "\"");
                }
            }
        }
    }

    private void outcome(JsonReader json, RecordedCase.Builder b, Changes changes)
            throws IOException {
        RecordedCase.Outcome o = b.outcome;
        json.beginObject();
        while (json.hasNext()) {
            String key = json.nextName();
            switch (key) {
                case "ip" -> {
                    o.rip = number(json, key);
                    changes.sawRip = true;
                }
                case "f" -> {
                    o.rflags = number(json, key);
                    changes.sawFlags = true;
                }
                case "r" -> changedRegisters(json, changes);
                case "m" -> changedBytes(json, changes);
                case "e" -> o.vector = json.nextInt();
                case "err" -> o.errorCode = (int) number(json, key);
                case "cr2" -> o.faultAddress = number(json, key);
                case "x" -> changedVectors(json, changes);
                default -> {
                    if (!floats(json, key, changes.floats)) {
                        throw wrong("unknown key \"" + key + "\" in \"o\"");
                    }
                    changes.floatKeys.add(key);
                }
            }
        }
        json.endObject();
    }

    /** Reads a key that is alike before and after; false if there is no such key. */
    private boolean floats(JsonReader json, String key, FloatState s) throws IOException {
        switch (key) {
            case "mxcsr" -> s.mxcsr = (int) number(json, key);
            case "fcw" -> s.controlWord = (int) number(json, key);
            case "fsw" -> s.statusWord = (int) number(json, key);
            case "ftw" -> s.tags = (int) number(json, key);
            case "st" -> {
                s.hasX87 = true;
                json.beginArray();
                for (int i = 0; i < FloatState.X87_REGISTERS; i++) {
                    String text = digits(json, key, 20);
                    s.signExponent[i] = Integer.parseInt(text.substring(0, 4), 16);
                    s.significand[i] = Long.parseUnsignedLong(text.substring(4), 16);
                }
                json.endArray();
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    private void vectors(JsonReader json, FloatState s) throws IOException {
        s.hasXmm = true;
        json.beginArray();
        for (int i = 0; i < FloatState.XMM_REGISTERS; i++) {
            vector(json, i, s);
        }
        json.endArray();
    }

    private void changedVectors(JsonReader json, Changes changes) throws IOException {
        json.beginObject();
        while (json.hasNext()) {
            int i = index(json.nextName(), FloatState.XMM_REGISTERS, "register");
            vector(json, i, changes.floats);
            changes.vectors.add(i);
        }
        json.endObject();
    }

    private void vector(JsonReader json, int i, FloatState s) throws IOException {
        String text = digits(json, "x", 32);
        int at = text.length() - 32;
        s.isTooWide |= at != 0;
        s.xmmHigh[i] = Long.parseUnsignedLong(text.substring(at, at + 16), 16);
        s.xmmLow[i] = Long.parseUnsignedLong(text.substring(at + 16), 16);
    }

    /** Hexadecimal digits, a multiple of {@code count} of them. */
    private String digits(JsonReader json, String key, int count) throws IOException {
        String text = text(json, key);
        boolean hexadecimal = text.chars().allMatch(HexFormat::isHexDigit);
        if (!hexadecimal || text.isEmpty() || text.length() % count != 0 || text.length() > 64) {
            throw wrong(
                    "\"%s\" must be registers of %d hexadecimal digits, not %s"
                            .formatted(key, count, shortened(text)));
        }
        return text;
    }

    /** The state after the instruction: that before it but for what is recorded. */
    private static FloatState outcome(FloatState before, Changes changes) {
        FloatState s = before.copy();
        FloatState c = changes.floats;
        for (String key : changes.floatKeys) {
            switch (key) {
                case "mxcsr" -> s.mxcsr = c.mxcsr;
                case "fcw" -> s.controlWord = c.controlWord;
                case "fsw" -> s.statusWord = c.statusWord;
                case "ftw" -> s.tags = c.tags;
                default -> {
                    s.signExponent = c.signExponent;
                    s.significand = c.significand;
                }
            }
        }
        for (int i : changes.vectors) {
            s.xmmLow[i] = c.xmmLow[i];
            s.xmmHigh[i] = c.xmmHigh[i];
        }
        return s;
    }

    private void check(RecordedCase.Builder b, Changes changes) throws VectorFormatException {
        if (b.code.length == 0 || b.code.length > Decoder.LENGTH_MAX) {
            throw wrong("\"b\" must be 1 to 15 instruction bytes, not " + b.code.length);
        }
        if (b.gpr.length != RecordedCase.REGISTERS) {
            throw wrong("\"r\" must be 16 registers, not " + b.gpr.length);
        }
        if (b.window.length != RecordedCase.WINDOW_BYTES) {
            throw wrong("\"m\" must be 128 bytes, not " + b.window.length);
        }
        if (!changes.sawRip || !changes.sawFlags) {
            throw wrong("\"o\" must have \"ip\" and \"f\"");
        }
        if (b.outcome.vector < RecordedCase.Outcome.NO_EXCEPTION || b.outcome.vector > 31) {
            throw wrong("\"e\" must be an exception vector, not " + b.outcome.vector);
        }
        b.outcome.gpr = b.gpr.clone();
        changes.registers.forEach((index, value) -> b.outcome.gpr[index] = value);
        b.outcome.floats = outcome(b.floats, changes);
        b.outcome.window = b.window.clone();
        changes.bytes.forEach((offset, value) ->
                System.arraycopy(value, 0, b.outcome.window, offset, value.length));
    }

    private long[] registers(JsonReader json) throws IOException {
        List<Long> values = new ArrayList<>();
        json.beginArray();
        while (json.hasNext()) {
            values.add(number(json, "r"));
        }
        json.endArray();
        return values.stream().mapToLong(Long::longValue).toArray();
    }

    private void changedRegisters(JsonReader json, Changes changes) throws IOException {
        json.beginObject();
        while (json.hasNext()) {
            String index = json.nextName();
            changes.registers.put(
                    index(index, RecordedCase.REGISTERS, "register"), number(json, "r"));
        }
        json.endObject();
    }

    private void changedBytes(JsonReader json, Changes changes) throws IOException {
        json.beginObject();
        while (json.hasNext()) {
            int offset = index(json.nextName(), RecordedCase.WINDOW_BYTES, "offset");
            byte[] value = bytes(json, "m");
            if (value.length > RecordedCase.WINDOW_BYTES - offset) {
                throw wrong("bytes at offset " + offset + " reach beyond the window");
            }
            changes.bytes.put(offset, value);
        }
        json.endObject();
    }

    private int index(String text, int limit, String what) throws VectorFormatException {
        try {
            int index = Integer.parseInt(text);
            if (index >= 0 && index < limit) {
                return index;
            }
        } catch (NumberFormatException e) {
            throw wrong(what + " \"" + text + "\" is not a number");
        }
        throw wrong(what + " " + text + " is not below " + limit);
    }

    private long number(JsonReader json, String key) throws IOException {
        String text = text(json, key);
        try {
            return Long.parseUnsignedLong(text, 16);
        } catch (NumberFormatException e) {
            throw wrong("\"" + key + "\" is no hexadecimal 64-bit number: " + shortened(text));
        }
    }

    private byte[] bytes(JsonReader json, String key) throws IOException {
        String text = text(json, key);
        try {
            return HexFormat.of().parseHex(text);
        } catch (IllegalArgumentException e) {
            throw wrong("\"" + key + "\" is no string of hexadecimal bytes: " + shortened(text));
        }
    }

    private String text(JsonReader json, String key) throws IOException {
        if (json.peek() != JsonToken.STRING) {
            throw wrong("\"" + key + "\" must be a string");
        }
        return json.nextString();
    }

    private static String shortened(String text) {
        return text.length() <= 40 ? text : text.substring(0, 40) + "…";
    }

    private VectorFormatException wrong(String problem) {
        return new VectorFormatException(file, Math.max(line, 1), problem);
    }

    private VectorFormatException explained(Exception e) {
        String what =
                switch (e) {
                    case EOFException _ -> "the file ends in the middle";
                    case ZipException z -> "damaged gzip data: " + z.getMessage();
                    case MalformedJsonException _ -> "malformed JSON";
                    case IOException io -> "cannot be read: " + io.getMessage();
                    default -> "a value of the wrong kind";
                };
        VectorFormatException wrong = wrong(what);
        wrong.initCause(e);
        return wrong;
    }

    /** What a line says of the outcome before the state that it changes is known. */
    private static final class Changes {
        final SortedMap<Integer, Long> registers = new TreeMap<>();
        final SortedMap<Integer, byte[]> bytes = new TreeMap<>();
        final FloatState floats = new FloatState();
        final Set<String> floatKeys = new TreeSet<>();
        final Set<Integer> vectors = new TreeSet<>();
        boolean sawRip;
        boolean sawFlags;
    }
}
