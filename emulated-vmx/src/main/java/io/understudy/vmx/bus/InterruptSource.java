package io.understudy.vmx.bus;

/** The interrupt controllers outside the processors, as the processors see them. */
public interface InterruptSource {
    /** Whether the 8259 pair asserts INTR, which the LINT0 input of every processor sees. */
    default boolean isAsserted() {
        return false;
    }

    /** The interrupt-acknowledge cycle of {@link #isAsserted}; returns the vector. */
    default int acknowledge() {
        return 0xff;
    }

    /** A local APIC broadcast the end of a level-triggered interrupt. */
    default void endOfInterrupt(int vector) {}
}
