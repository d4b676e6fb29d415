package io.understudy.drills.exploration;

import io.understudy.replication.role.StateSink;
import io.understudy.replication.witness.Incarnation;
import org.jspecify.annotations.Nullable;

/**
 * 128 bits of whatever is written to it, in order. Two states that differ have the same hash with
 * probability 2^-128 per pair; a search of 10^8 states errs with less than 10^-22.
 */
final class Hash128 implements StateSink {
    private long high = 0x243f6a8885a308d3L;
    private long low = 0x13198a2e03707344L;

    @Override
    public void number(long value) {
        high = mix(high ^ value * 0x9e3779b97f4a7c15L);
        low = mix(low + value * 0xc2b2ae3d27d4eb4fL + 0x165667b19e3779f9L);
    }

    @Override
    public void incarnation(@Nullable Incarnation value) {
        number(
                value == null
                        ? -1
                        : value.nodeId().charAt(0) * 1000L
                                + value.unique().getLeastSignificantBits());
    }

    void text(String value) {
        number(value.length());
        for (int i = 0; i < value.length(); i++) {
            number(value.charAt(i));
        }
    }

    long high() {
        return high;
    }

    long low() {
        return low;
    }

    private static long mix(long value) {
        long mixed = (value ^ (value >>> 32)) * 0xd6e8feb86659fd93L;
        mixed = (mixed ^ (mixed >>> 32)) * 0xd6e8feb86659fd93L;
        return mixed ^ (mixed >>> 32);
    }
}
