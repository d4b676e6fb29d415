package io.understudy.replication;

/** When an epoch ends. */
public sealed interface EpochPolicy {
    /** After so much host time. The instruction count it ends at differs from run to run. */
    record HostInterval(long intervalNs) implements EpochPolicy {
        public HostInterval {
            if (intervalNs < 1) {
                throw new IllegalArgumentException("an epoch lasts at least 1 ns");
            }
        }
    }

    /**
     * After host time between two bounds: shorter while output waits for checkpoints, longer while
     * the guest computes in silence, at once when staging runs low.
     */
    record Adaptive(long minNs, long maxNs) implements EpochPolicy {
        public Adaptive {
            if (minNs < 1 || maxNs < minNs) {
                throw new IllegalArgumentException(
                        "an epoch lasts at least 1 ns and its longest is not below its shortest");
            }
        }
    }

    /** After exactly so many guest instructions: repeatable. */
    record Instructions(long perEpoch) implements EpochPolicy {
        public Instructions {
            if (perEpoch < 1) {
                throw new IllegalArgumentException("an epoch has at least one instruction");
            }
        }
    }
}
