package io.understudy.checkpoint.digest;

import io.understudy.checkpoint.PageId;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import net.jpountz.xxhash.XXHash64;
import net.jpountz.xxhash.XXHashFactory;

/**
 * h128: two XXH64 of the same bytes under two seeds made from a key, the session's, and the page
 * id. The key is drawn at random by the primary, so that a guest cannot prepare content that
 * collides. Results stay in the object, so that hashing allocates nothing. Not thread-safe.
 *
 * <p>XXH64 is no cryptographic hash: the digest is against errors, not against a forger who knows
 * the key.
 */
public final class PageHasher {
    private static final XXHashFactory FACTORY = factory();
    private static final XXHash64 XXH64 = FACTORY.hash64();
    private static final long LOW_HALF = 0x6a09e667f3bcc909L;

    private long key;
    private long high;
    private long low;

    public PageHasher(long key) {
        this.key = key;
    }

    /** Which XXH64 is in use, such as {@code XXHashFactory:JNI}. */
    public static String implementation() {
        return FACTORY.toString();
    }

    public void setKey(long newKey) {
        key = newKey;
    }

    /** Hashes {@code length} bytes; the result is in {@link #high} and {@link #low}. */
    public void hash(long pageId, ByteBuffer bytes, int offset, int length) {
        high = XXH64.hash(bytes, offset, length, mix(pageId ^ key));
        low = XXH64.hash(bytes, offset, length, mix(pageId ^ key ^ LOW_HALF));
    }

    /** As {@link #hash} over a page; {@code segment} and {@code bytes} are the same memory. */
    public void hashPage(long pageId, MemorySegment segment, ByteBuffer bytes, int offset) {
        if (isZero(segment, offset)) {
            high = 0;
            low = 0;
        } else {
            hash(pageId, bytes, offset, PageId.PAGE_BYTES);
        }
    }

    public long high() {
        return high;
    }

    public long low() {
        return low;
    }

    public boolean resultIsZero() {
        return (high | low) == 0;
    }

    /** Whether the page at {@code offset} is all zero. */
    public static boolean isZero(MemorySegment segment, long offset) {
        for (long at = offset; at < offset + PageId.PAGE_BYTES; at += 4 * Long.BYTES) {
            long some =
                    segment.get(ValueLayout.JAVA_LONG, at)
                            | segment.get(ValueLayout.JAVA_LONG, at + 8)
                            | segment.get(ValueLayout.JAVA_LONG, at + 16)
                            | segment.get(ValueLayout.JAVA_LONG, at + 24);
            if (some != 0) {
                return false;
            }
        }
        return true;
    }

    /** Finalizer of SplitMix64: near page ids get seeds that have nothing in common. */
    private static long mix(long value) {
        long z = value + 0x9e3779b97f4a7c15L;
        z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
        z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
        return z ^ z >>> 31;
    }

    /** Native where its library loads, else the bounds-checked Java version: equal results. */
    private static XXHashFactory factory() {
        try {
            return XXHashFactory.nativeInstance();
        } catch (LinkageError | AssertionError e) {
            return XXHashFactory.safeInstance();
        }
    }
}
