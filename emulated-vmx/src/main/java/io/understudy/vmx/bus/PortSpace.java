package io.understudy.vmx.bus;

/** I/O ports. A port without a device reads all ones and swallows writes. */
public interface PortSpace {
    /**
     * @param port 0 to FFFFH
     * @param bytes 1, 2 or 4
     * @return the value in the low {@code bytes}
     */
    default int in(int port, int bytes) {
        return -1;
    }

    /**
     * @param value zero-extended
     */
    default void out(int port, int bytes, int value) {}
}
