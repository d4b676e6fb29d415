package io.understudy.hypervisor.device;

/** What comes in over a serial line. */
public interface ByteSource {
    boolean isReady();

    /** Takes the next byte, 0 to 255; call only if one {@link #isReady}. */
    int read();
}
