package io.understudy.vmx.translation;

import io.understudy.vmx.cpu.Cpu;

/**
 * Accesses to the APIC-access page in non-root operation (SDM volume 3, "Virtualizing Memory-Mapped
 * APIC Accesses"). Each either is virtualized or throws a VM exit.
 */
public interface ApicAccessPage {
    /** A load of {@code bytes} at {@code offset} within the page. */
    long load(Cpu cpu, int offset, int bytes);

    /** A store; what it sets off happens when the instruction has completed. */
    void store(Cpu cpu, int offset, int bytes, long value);

    /** Throws what a store would throw. */
    void probe(Cpu cpu, int offset, int bytes);

    /** An instruction fetch, which always exits; throw the result. */
    RuntimeException fetch(int offset);

    /** An access to a paging structure in the page, which always exits; throw the result. */
    RuntimeException walk();
}
