package io.understudy.hypervisor.interrupt;

/** Vectors of the physical local APICs: what the hypervisor is interrupted for. */
final class PhysicalVector {
    /** A channel of the {@link PulseDevice}, which the hypervisor hands on to a guest. */
    static final int DEVICE_FIRST = 0x60;

    /** Posted interrupts wait; in non-root operation the processor takes them without an exit. */
    static final int NOTIFICATION = 0xf1;

    /** Exit, there is something to inject. */
    static final int KICK = 0xf2;

    /** Stop, before anything else is taken: the machine is being paused. */
    static final int PAUSE = 0xf3;

    private PhysicalVector() {}
}
