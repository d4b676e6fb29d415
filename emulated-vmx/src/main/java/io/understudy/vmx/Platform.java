package io.understudy.vmx;

import io.understudy.vmx.apic.InterruptFabric;
import io.understudy.vmx.apic.LocalApic;
import io.understudy.vmx.memory.PhysicalMemory;

/** One host-physical address space and its logical processors. */
public final class Platform implements AutoCloseable {
    private final PhysicalMemory memory;
    private final LogicalProcessor[] processors;

    public Platform(PlatformConfig config) {
        memory = new PhysicalMemory(config.memoryBytes());
        processors = new LogicalProcessor[config.logicalProcessors()];
        InterruptFabric fabric = new InterruptFabric();
        for (int i = 0; i < processors.length; i++) {
            processors[i] = new LogicalProcessor(memory, config, i, new LocalApic(i, fabric));
        }
    }

    public PhysicalMemory memory() {
        return memory;
    }

    public LogicalProcessor processor(int index) {
        return processors[index];
    }

    public int processorCount() {
        return processors.length;
    }

    @Override
    public void close() {
        for (LogicalProcessor p : processors) {
            p.close();
        }
        memory.close();
    }
}
