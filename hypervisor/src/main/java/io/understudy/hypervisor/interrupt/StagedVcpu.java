package io.understudy.hypervisor.interrupt;

import io.understudy.hypervisor.exit.BasicReason;
import io.understudy.hypervisor.exit.GuestEnd;
import io.understudy.hypervisor.guest.BootProtocol;
import io.understudy.hypervisor.vcpu.BootState;
import io.understudy.hypervisor.vcpu.Vcpu;
import io.understudy.vmx.LogicalProcessor;
import io.understudy.vmx.VmcsField;
import java.util.function.IntConsumer;

/**
 * A vCPU, its local APIC, and the loop that runs both in turns.
 *
 * <p>Invariant: what is pending when an instruction has ended is decided upon the same facts in
 * every stage: requests and the timer as they are, arrivals only after the physical interrupt that
 * announces them, or in HLT.
 */
final class StagedVcpu {
    private static final int MSR_EOI = 0x80b;
    private static final int MSR_ICR = 0x830;
    private static final int START_SHIFT = 12;

    private final int index;
    private final InterruptStage stage;
    private final Vcpu vcpu;
    private final VirtualLocalApic apic;
    private final PostedDescriptor posted;
    private final ApicComponent.StartState start;
    private final StagedExits exits;
    private final InterruptCounters counters;
    private final GuestEnd end;

    /** Takes physical interrupts of the machine's devices, by vector. */
    private final IntConsumer deviceInterrupt;

    /** The processor is in non-root operation, between two turns. */
    private boolean isInGuest;

    private boolean isEoiBitmapStale;
    private int levelVector;

    StagedVcpu(
            int index,
            InterruptStage stage,
            Vcpu vcpu,
            VirtualLocalApic apic,
            PostedDescriptor posted,
            ApicComponent.StartState start,
            StagedExits exits,
            InterruptCounters counters,
            GuestEnd end,
            IntConsumer deviceInterrupt) {
        this.index = index;
        this.stage = stage;
        this.vcpu = vcpu;
        this.apic = apic;
        this.posted = posted;
        this.start = start;
        this.exits = exits;
        this.counters = counters;
        this.end = end;
        this.deviceInterrupt = deviceInterrupt;
    }

    int index() {
        return index;
    }

    Vcpu vcpu() {
        return vcpu;
    }

    VirtualLocalApic apic() {
        return apic;
    }

    PostedDescriptor posted() {
        return posted;
    }

    boolean isWaitingForStart() {
        return start.isWaiting;
    }

    /** Whether only something from outside can make it do anything. */
    boolean isIdleForGood() {
        return start.isWaiting
                || (vcpu.isHalted()
                        && !isInGuest
                        && apic.timer().deadline() == Long.MAX_VALUE
                        && !hasArrivals());
    }

    private boolean hasArrivals() {
        long any = 0;
        for (int i = 0; i < 4; i++) {
            any |= apic.foldedRequests(i, posted);
        }
        return any != 0;
    }

    /** A start-up message: execution begins at the page that the vector names. */
    void start(int vector) {
        if (!start.isWaiting) {
            return;
        }
        start.isWaiting = false;
        long tsc = vcpu.time().tsc();
        BootState.load(
                vcpu,
                (long) vector << START_SHIFT,
                BootProtocol.PAGE_TABLES,
                BootProtocol.BOOT_INFO);
        vcpu.time().setTsc(tsc);
        vcpu.writeTscOffset();
    }

    /** The vector whose interrupts are level-triggered from now on; 0 for none. */
    void setLevelVector(int vector) {
        levelVector = vector;
        isEoiBitmapStale = true;
    }

    /** Runs until the guest's TSC is {@code untilTsc}, or the guest ends. */
    void runTurn(long untilTsc) {
        LogicalProcessor p = vcpu.processor();
        long endTsc = vcpu.time().processorTscAt(untilTsc);
        p.endTurnAt(endTsc);
        if (isInGuest) {
            exited(vcpu.goOn());
        }
        while (!isInGuest && p.rdtsc() < endTsc && end.kind() == GuestEnd.Kind.RUNNING) {
            if (start.isWaiting) {
                takePhysical();
                vcpu.time().restUntil(endTsc);
                return;
            }
            step(endTsc);
        }
        if (!isInGuest && end.kind() == GuestEnd.Kind.RUNNING && !start.isWaiting) {
            // What the end of the turn makes pending is decided before others have their turn.
            apic.advanceTo(vcpu.time().tsc());
            if (!vcpu.isHalted()) {
                prepareEntry();
            }
        }
    }

    private void step(long endTsc) {
        apic.advanceTo(vcpu.time().tsc());
        long timerTsc = vcpu.time().processorTscAt(apic.timer().deadline());
        if (vcpu.isHalted()) {
            takePhysical();
            takeOutside();
            if (apic.pendingVector() == VirtualLocalApic.NO_VECTOR
                    || !vcpu.areInterruptsEnabled()) {
                vcpu.time().restUntil(Math.min(endTsc, timerTsc));
                return;
            }
            vcpu.wake();
        }
        prepareEntry();
        exited(vcpu.enter(timerTsc));
    }

    private void exited(int reason) {
        isInGuest = reason == LogicalProcessor.TURN_OVER;
        if (isInGuest) {
            return;
        }
        counters.exit(reason);
        if (reason == BasicReason.EXTERNAL_INTERRUPT) {
            externalInterrupt();
        } else {
            exits.handle(reason);
        }
    }

    /** The exit acknowledged one; the others that wait are taken before the guest goes on. */
    private void externalInterrupt() {
        LogicalProcessor p = vcpu.processor();
        int vector = (int) p.vmread(VmcsField.EXIT_INTERRUPTION_INFORMATION) & 0xff;
        p.wrmsr(MSR_EOI, 0);
        physicalInterrupt(vector);
        takePhysical();
        takeOutside();
    }

    private void takePhysical() {
        for (int v = vcpu.processor().takeInterrupt();
                v >= 0;
                v = vcpu.processor().takeInterrupt()) {
            physicalInterrupt(v);
        }
    }

    private void physicalInterrupt(int vector) {
        switch (vector) {
            case PhysicalVector.PAUSE -> counters.pause();
            case PhysicalVector.KICK, PhysicalVector.NOTIFICATION -> {
                // That it came is all.
            }
            default -> deviceInterrupt.accept(vector);
        }
    }

    private void takeOutside() {
        apic.takeArrivals();
        posted.moveTo(apic.page());
    }

    private void prepareEntry() {
        LogicalProcessor p = vcpu.processor();
        if (stage.deliversInterrupts()) {
            writeEoiBitmap(p);
            int requesting = Math.max(0, apic.requested());
            int servicing = Math.max(0, apic.inService());
            p.vmwrite(VmcsField.GUEST_INTERRUPT_STATUS, requesting | servicing << 8);
            return;
        }
        int vector = apic.pendingVector();
        if (vector != VirtualLocalApic.NO_VECTOR) {
            boolean canTake = vcpu.canTakeInterrupt();
            if (canTake) {
                apic.acknowledge(vector);
                vcpu.inject(vector);
            }
            vcpu.setInterruptWindow(!canTake || apic.pendingVector() != VirtualLocalApic.NO_VECTOR);
        } else {
            vcpu.setInterruptWindow(false);
        }
        if (stage.shadowsTpr()) {
            p.vmwrite(VmcsField.TPR_THRESHOLD, threshold());
        }
    }

    /** The class of the highest request if the TPR holds it back: then lowering the TPR exits. */
    private int threshold() {
        int request = apic.requested() >>> 4;
        boolean isHeldBack = apic.requested() >= 0 && request <= apic.taskPriorityClass();
        return isHeldBack ? request : 0;
    }

    private void writeEoiBitmap(LogicalProcessor p) {
        if (!isEoiBitmapStale) {
            return;
        }
        isEoiBitmapStale = false;
        for (int i = 0; i < 4; i++) {
            boolean here = levelVector != 0 && levelVector >>> 6 == i;
            p.vmwrite(VmcsField.EOI_EXIT_BITMAP0 + 2 * i, here ? 1L << levelVector : 0);
        }
    }

    /** An interrupt from another vCPU; its processor is told through {@code sender}'s. */
    void receive(int vector, LogicalProcessor sender) {
        if (!stage.posts()) {
            apic.arrive(vector, false);
            if (!vcpu.isHalted() && !start.isWaiting) {
                counters.kick();
                send(sender, PhysicalVector.KICK, index);
            }
            return;
        }
        if (posted.post(vector)) {
            counters.notification();
            send(sender, posted.notificationVector(), posted.destination());
        }
    }

    private static void send(LogicalProcessor sender, int vector, int destination) {
        sender.wrmsr(MSR_ICR, (long) destination << 32 | vector);
    }

    /** Stops it outside the guest, with nothing from outside still under way. */
    void pause() {
        LogicalProcessor p = vcpu.processor();
        p.endTurnAt(Long.MAX_VALUE);
        if (isInGuest) {
            p.interrupt(PhysicalVector.PAUSE);
        }
        while (isInGuest) {
            exited(vcpu.goOn());
        }
        takePhysical();
        takeOutside();
    }

    /** A restored state may run. */
    void restored() {
        isEoiBitmapStale = true;
        vcpu.dropTranslations();
    }
}
