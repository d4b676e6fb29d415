package io.understudy.benchmarks.wire;

/**
 * XBZRLE, the delta coding of QEMU's migration: runs of unchanged and of changed bytes by turns, of
 * the changed ones the new bytes.
 *
 * <pre>
 * page  = (zrun nzrun bytes)*        a trailing run of unchanged bytes is left out
 * zrun, nzrun = ULEB128
 * </pre>
 */
final class XbzrleCodec implements DifferenceCodec {
    @Override
    public String name() {
        return "XBZRLE";
    }

    @Override
    public int encode(byte[] old, byte[] page, byte[] out) {
        int at = 0;
        int written = 0;
        while (at < page.length) {
            int same = at;
            while (same < page.length && old[same] == page[same]) {
                same++;
            }
            if (same == page.length) {
                return written;
            }
            int changed = same;
            while (changed < page.length && old[changed] != page[changed]) {
                changed++;
            }
            int length = changed - same;
            if (written + lebBytes(same - at) + lebBytes(length) + length > out.length) {
                return TOO_LONG;
            }
            written = putLeb(out, written, same - at);
            written = putLeb(out, written, length);
            System.arraycopy(page, same, out, written, length);
            written += length;
            at = changed;
        }
        return written;
    }

    private static int lebBytes(int value) {
        return value < 0x80 ? 1 : value < 0x4000 ? 2 : 3;
    }

    private static int putLeb(byte[] out, int at, int value) {
        int rest = value;
        int to = at;
        while (rest >= 0x80) {
            out[to++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        out[to++] = (byte) rest;
        return to;
    }
}
