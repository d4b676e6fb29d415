package io.understudy.checkpoint.encoding;

import net.jpountz.lz4.LZ4Factory;

/**
 * The LZ4 implementation in use: native where its library loads, else the bounds-checked Java one.
 * Only safe decompressors are ever taken from it.
 */
final class Lz4 {
    private Lz4() {}

    static LZ4Factory factory() {
        try {
            return LZ4Factory.nativeInstance();
        } catch (LinkageError | AssertionError e) {
            return LZ4Factory.safeInstance();
        }
    }
}
