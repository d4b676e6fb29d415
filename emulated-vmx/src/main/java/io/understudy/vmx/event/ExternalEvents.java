package io.understudy.vmx.event;

import static io.understudy.vmx.VmxControls.*;

import io.understudy.vmx.ExitReason;
import io.understudy.vmx.VmcsField;
import io.understudy.vmx.apic.LocalApic;
import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.cpu.VmExitSignal;
import io.understudy.vmx.operation.VmExits;
import io.understudy.vmx.operation.VmxOperation;
import org.jspecify.annotations.Nullable;

/**
 * What comes from outside of the instruction stream: INIT, start-up IPIs, NMIs, interrupts, and the
 * windows for them. Each is delivered, exits, or waits; {@link Boundary} asks in the order of their
 * priority. A method that takes something returns true, and an exit is then {@link #takeExit}.
 */
final class ExternalEvents {
    private final LocalApic apic;
    private final VmxOperation vmx;
    private final VmExits exits;
    private final Events events;

    /** The VM exit that the event taken last turned out to be. */
    private @Nullable VmExitSignal exit;

    ExternalEvents(LocalApic apic, VmxOperation vmx, VmExits exits, Events events) {
        this.apic = apic;
        this.vmx = vmx;
        this.exits = exits;
        this.events = events;
    }

    /** The exit that what was taken last is; null if it was delivered. Asked once. */
    @Nullable VmExitSignal takeExit() {
        VmExitSignal taken = exit;
        exit = null;
        return taken;
    }

    /** Between instructions an exit is returned: a throw through the executor costs more. */
    boolean exitBy(ExitReason reason, long qualification) {
        exit = exits.event(reason, qualification);
        return true;
    }

    /**
     * INIT: an exit in non-root operation, blocked in root operation, a reset outside VMX. Returns
     * whether it was an exit.
     */
    boolean takeInit(Cpu cpu) {
        if (!apic.isInitPending()
                || (cpu.system.activity == SystemState.WAIT_FOR_SIPI && vmx.isNonRoot())) {
            return false;
        }
        if (vmx.isNonRoot()) {
            apic.acknowledgeInit();
            return exitBy(ExitReason.INIT, 0);
        }
        if (!vmx.isInVmxOperation()) {
            apic.acknowledgeInit();
            InitState.reset(cpu);
            vmx.afterInit();
            apic.init();
        }
        return false;
    }

    /**
     * SIPI: an exit in non-root operation; else the processor starts in real mode. One that nobody
     * waits for is lost. Returns whether it was an exit.
     */
    boolean takeStartUp(Cpu cpu) {
        int vector = apic.takeStartUpVector();
        if (cpu.system.activity != SystemState.WAIT_FOR_SIPI || vector == LocalApic.NONE) {
            return false;
        }
        if (vmx.isNonRoot()) {
            return exitBy(ExitReason.SIPI, vector);
        }
        InitState.start(cpu, vector);
        return false;
    }

    boolean takeNmi(Cpu cpu, boolean movSs) {
        boolean blocked = (cpu.system.interruptibility & SystemState.BLOCKING_BY_NMI) != 0;
        boolean guest = vmx.isNonRoot();
        boolean virtualNmis = guest && vmx.pin(PIN_VIRTUAL_NMIS);
        boolean waiting = cpu.system.activity == SystemState.WAIT_FOR_SIPI;
        if (movSs || waiting) {
            return false;
        }
        if (guest && vmx.primary(PRIMARY_NMI_WINDOW_EXITING) && !blocked) {
            return exitBy(ExitReason.NMI_WINDOW, 0);
        }
        // Blocking by STI holds NMIs back too, as VM entry has it.
        boolean bySti = (cpu.system.interruptibility & SystemState.BLOCKING_BY_STI) != 0;
        if (!apic.isNmiPending() || bySti || (blocked && !virtualNmis)) {
            return false;
        }
        apic.acknowledgeNmi();
        if (guest && vmx.pin(PIN_NMI_EXITING)) {
            exit = events.nmiExit();
            return true;
        }
        events.nmi(cpu);
        return true;
    }

    boolean takeInterrupt(Cpu cpu) {
        SystemState s = cpu.system;
        if (s.activity == SystemState.WAIT_FOR_SIPI || s.activity == SystemState.SHUTDOWN) {
            return false;
        }
        boolean shadow =
                (s.interruptibility
                                & (SystemState.BLOCKING_BY_STI | SystemState.BLOCKING_BY_MOV_SS))
                        != 0;
        boolean open = (cpu.systemFlags & ControlBits.FLAG_IF) != 0 && !shadow;
        boolean guest = vmx.isNonRoot();
        if (guest && open && vmx.primary(PRIMARY_INTERRUPT_WINDOW_EXITING)) {
            return exitBy(ExitReason.INTERRUPT_WINDOW, 0);
        }
        if (guest && open && vmx.virtualApic().isInterruptPending()) {
            events.virtualInterrupt(cpu, vmx.virtualApic().acknowledge());
            return true;
        }
        if (apic.pendingVector() == LocalApic.NONE) {
            return false;
        }
        if (guest && vmx.pin(PIN_EXTERNAL_INTERRUPT_EXITING)) {
            if (shadow) {
                return false;
            }
            if (vmx.virtualApic().takesNotification(apic.pendingVector())) {
                apic.acknowledge();
                apic.endOfInterrupt();
                vmx.virtualApic().processPostedInterrupts();
                return takeInterrupt(cpu);
            }
            boolean acknowledge =
                    (vmx.vmcs().get32(VmcsField.PRIMARY_VM_EXIT_CONTROLS)
                                    & EXIT_ACKNOWLEDGE_INTERRUPT)
                            != 0;
            exit = exits.externalInterrupt(acknowledge ? apic.acknowledge() : -1);
            return true;
        }
        if (!open) {
            return false;
        }
        events.interrupt(cpu, apic.acknowledge());
        return true;
    }
}
