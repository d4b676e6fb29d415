package io.understudy.vmx;

import io.understudy.vmx.apic.LocalApic;
import io.understudy.vmx.bus.MemorySpace;
import io.understudy.vmx.bus.PortSpace;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.DeliveredEvent;
import io.understudy.vmx.event.Boundary;
import io.understudy.vmx.event.Events;
import io.understudy.vmx.event.Segments;
import io.understudy.vmx.event.TaskSwitch;
import io.understudy.vmx.execute.Executor;
import io.understudy.vmx.groundtruth.Counters;
import io.understudy.vmx.memory.PhysicalMemory;
import io.understudy.vmx.operation.VmExits;
import io.understudy.vmx.operation.VmxOperation;
import io.understudy.vmx.system.CpuidModel;
import io.understudy.vmx.system.MsrFile;
import io.understudy.vmx.system.SystemInstructionUnit;
import io.understudy.vmx.translation.Mmu;

/**
 * The parts of one logical processor, put together. Who runs it decides what a VM exit leads to: a
 * {@link LogicalProcessor} returns it to Java, a {@link BareProcessor} goes on at the host RIP.
 */
final class ProcessorCore implements AutoCloseable {
    final VirtualClock clock;
    final Counters counters = new Counters();
    final LocalApic apic;
    final Mmu mmu;
    final Cpu cpu;
    final MsrFile msrs;
    final VmxOperation vmx;
    final Boundary boundary;
    final Executor executor;
    final CpuidModel cpuid;
    private final int index;

    /**
     * @param featureControl IA32_FEATURE_CONTROL, 0 after power-up
     */
    ProcessorCore(
            PhysicalMemory memory,
            PlatformConfig config,
            int index,
            LocalApic apic,
            PortSpace ports,
            MemorySpace devices,
            long featureControl) {
        this.apic = apic;
        this.index = index;
        clock = new VirtualClock(config.nsPerInstruction());
        cpuid = new CpuidModel(index, config.logicalProcessors(), config.model());
        DeliveredEvent event = new DeliveredEvent();
        VmExits exits = new VmExits(memory, event, counters);
        mmu = new Mmu(memory, exits, counters, config.tlbCheck());
        cpu = new Cpu(memory, mmu, config.model().extensions());
        msrs = new MsrFile(cpu, mmu, apic, clock, featureControl, config.model());
        vmx = new VmxOperation(memory, cpu, mmu, exits, event, msrs, counters, config.model());
        Segments segments = new Segments(mmu);
        TaskSwitch tasks = new TaskSwitch(mmu, segments, vmx, exits);
        Events events = new Events(vmx, exits, mmu, segments, tasks, event, counters);
        boundary = new Boundary(clock, apic, vmx, exits, events);
        SystemInstructionUnit system =
                new SystemInstructionUnit(
                        vmx,
                        exits,
                        events,
                        boundary,
                        msrs,
                        mmu,
                        memory,
                        segments,
                        tasks,
                        apic,
                        cpuid,
                        ports,
                        config.randomSeed() + index);
        executor = new Executor(cpu, system, boundary);
        vmx.virtualApic().setTraps(boundary);
        mmu.setApicAccess(vmx.virtualApic());
        mmu.setDevices(devices);
    }

    /** Writes every instruction to {@code sink} from now on; slow. */
    void traceTo(TraceSink sink) {
        executor.traceTo(new InstructionTrace(index, vmx, sink));
        boundary.stepAlways();
        cpu.requestBoundary();
    }

    @Override
    public void close() {
        mmu.close();
    }
}
