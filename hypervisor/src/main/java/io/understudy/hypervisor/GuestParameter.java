package io.understudy.hypervisor;

import java.util.List;

/**
 * A boot parameter that a built-in guest understands.
 *
 * @param key name in the boot-info page
 * @param kind how its value is written
 * @param otherwise value if it is not given
 * @param min least value
 * @param max greatest value; {@link Long#MAX_VALUE} if there is none but what fits into memory
 * @param words for {@link Kind#WORD}, the names of the values from 0 on, else empty
 * @param meaning a few words for people
 */
public record GuestParameter(
        String key,
        Kind kind,
        long otherwise,
        long min,
        long max,
        List<String> words,
        String meaning) {
    /** How a value is written. */
    public enum Kind {
        /** A number. */
        COUNT,
        /** A number of bytes, at most the machine's memory. */
        BYTES,
        /** One of a few words. */
        WORD
    }

    public GuestParameter {
        words = List.copyOf(words);
    }

    static GuestParameter count(String key, long otherwise, long min, long max, String meaning) {
        return new GuestParameter(key, Kind.COUNT, otherwise, min, max, List.of(), meaning);
    }

    /** A region of memory: at least a page. */
    static GuestParameter region(String key, long otherwise, String meaning) {
        return new GuestParameter(
                key, Kind.BYTES, otherwise, 4096, Long.MAX_VALUE, List.of(), meaning);
    }

    static GuestParameter bytes(String key, long otherwise, String meaning) {
        return new GuestParameter(
                key, Kind.BYTES, otherwise, 0, Long.MAX_VALUE, List.of(), meaning);
    }

    static GuestParameter word(String key, String otherwise, List<String> words, String meaning) {
        return new GuestParameter(
                key, Kind.WORD, words.indexOf(otherwise), 0, words.size() - 1L, words, meaning);
    }
}
