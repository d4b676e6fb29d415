package io.understudy.hypervisor.device;

/** Where a serial line leads. */
public interface ByteSink {
    /**
     * @param value one byte, 0 to 255
     */
    void write(int value);
}
