package io.understudy.hypervisor.interrupt;

/** What a local APIC of the guest sends: messages to others, and the ends of level interrupts. */
interface ApicBus {
    /**
     * An interprocessor interrupt to others than the sender.
     *
     * @param command the interrupt command register, its destination as 32 bits in the upper half
     */
    void send(int sender, long command);

    /** An interrupt that was level-triggered ended. */
    void endOfLevel(int vector);
}
