package io.understudy.hypervisor.device;

/** A device behind I/O ports. */
public interface PortDevice {
    /**
     * @param offset port, counted from the device's first
     * @param bytes 1, 2 or 4
     * @return the value read, zero-extended
     */
    int in(int offset, int bytes);

    void out(int offset, int bytes, int value);
}
