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

    /** After exactly so many guest instructions: repeatable. */
    record Instructions(long perEpoch) implements EpochPolicy {
        public Instructions {
            if (perEpoch < 1) {
                throw new IllegalArgumentException("an epoch has at least one instruction");
            }
        }
    }
}
