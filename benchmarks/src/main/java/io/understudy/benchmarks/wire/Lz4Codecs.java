package io.understudy.benchmarks.wire;

import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Factory;

/** LZ4 of the page, and of the difference. */
final class Lz4Codecs {
    private Lz4Codecs() {}

    /** Knows nothing of the old content. */
    static final class Plain implements DifferenceCodec {
        private final LZ4Compressor lz4 = LZ4Factory.fastestInstance().fastCompressor();
        private final byte[] block = new byte[lz4.maxCompressedLength(Pages.BYTES)];

        @Override
        public String name() {
            return "LZ4";
        }

        @Override
        public int encode(byte[] old, byte[] page, byte[] out) {
            int length = lz4.compress(page, 0, page.length, block, 0);
            return fitted(block, length, out);
        }
    }

    /** The product's difference. */
    static final class Difference implements DifferenceCodec {
        private final LZ4Compressor lz4 = LZ4Factory.fastestInstance().fastCompressor();
        private final byte[] block = new byte[lz4.maxCompressedLength(Pages.BYTES)];
        private final byte[] difference = new byte[Pages.BYTES];

        @Override
        public String name() {
            return "XOR + LZ4";
        }

        @Override
        public int encode(byte[] old, byte[] page, byte[] out) {
            for (int i = 0; i < page.length; i++) {
                difference[i] = (byte) (old[i] ^ page[i]);
            }
            int length = lz4.compress(difference, 0, page.length, block, 0);
            return fitted(block, length, out);
        }
    }

    private static int fitted(byte[] block, int length, byte[] out) {
        if (length > out.length) {
            return DifferenceCodec.TOO_LONG;
        }
        System.arraycopy(block, 0, out, 0, length);
        return length;
    }
}
