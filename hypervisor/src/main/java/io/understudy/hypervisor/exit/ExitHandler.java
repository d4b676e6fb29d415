package io.understudy.hypervisor.exit;

import io.understudy.hypervisor.device.LocalApic;
import io.understudy.hypervisor.device.PortBus;
import io.understudy.hypervisor.dirty.MachineDirtyLog;
import io.understudy.hypervisor.ept.EptView;
import io.understudy.hypervisor.vcpu.Vcpu;
import io.understudy.vmx.ExitReason;
import io.understudy.vmx.LogicalProcessor;
import io.understudy.vmx.VmcsField;

/** Counts each exit and does what its basic reason asks for. */
public final class ExitHandler {
    private static final int INVALID_OPCODE = 6;
    private static final int GENERAL_PROTECTION = 13;
    private static final int RAX = 0;
    private static final int RCX = 1;
    private static final int RDX = 2;
    private static final int RBX = 3;

    private final Vcpu vcpu;
    private final EptView view;
    private final MachineDirtyLog dirtyLog;
    private final GuestEnd end;
    private final IoExits io;
    private final MsrExits msrs;
    private final ControlRegisterExits controlRegisters;
    private final GuestCpuid cpuid;
    private final ExitCounters counters = new ExitCounters();

    public ExitHandler(
            Vcpu vcpu,
            EptView view,
            MachineDirtyLog dirtyLog,
            LocalApic apic,
            PortBus ports,
            GuestEnd end) {
        this.vcpu = vcpu;
        this.view = view;
        this.dirtyLog = dirtyLog;
        this.end = end;
        this.cpuid = new GuestCpuid(vcpu.processor());
        this.io = new IoExits(vcpu, ports, end);
        this.msrs = new MsrExits(vcpu, apic);
        this.controlRegisters = new ControlRegisterExits(vcpu, apic);
    }

    public ExitCounters counters() {
        return counters;
    }

    /**
     * @param exitReason the exit-reason field
     */
    public void handle(int exitReason) {
        counters.count(exitReason);
        if (exitReason < 0) {
            entryFailed(exitReason);
            return;
        }
        switch (exitReason & 0xffff) {
            case 1, 7, 52 -> {
                // External interrupt, interrupt window, preemption timer: the run loop goes on.
            }
            case 2 -> {
                vcpu.shutDown();
                end.dead("the guest stopped with a triple fault at " + place());
            }
            case 10 -> cpuid();
            case 12 -> {
                vcpu.skipInstruction();
                vcpu.halt();
            }
            case 13, 54 -> vcpu.skipInstruction(); // INVD, WBINVD: memory is always coherent
            case 15 -> vcpu.raise(GENERAL_PROTECTION, 0); // RDPMC: no counters
            case 28 -> controlRegisters.handle();
            case 30 -> io.handle();
            case 31 -> msrs.handleRead();
            case 32 -> msrs.handleWrite();
            case 48 -> eptViolation();
            // VMX, GETSEC, MONITOR, MWAIT, XSETBV, RDRAND, RDSEED: CPUID announces none of them.
            case 11, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 36, 39, 50, 53, 55, 57, 59, 61 ->
                    vcpu.raise(INVALID_OPCODE);
            default -> end.dead("unexpected VM exit " + name(exitReason) + " at " + place());
        }
    }

    private void cpuid() {
        LogicalProcessor p = vcpu.processor();
        cpuid.query((int) p.gpr(RAX), (int) p.gpr(RCX));
        p.setGpr(RAX, cpuid.eax());
        p.setGpr(RBX, cpuid.ebx());
        p.setGpr(RCX, cpuid.ecx());
        p.setGpr(RDX, cpuid.edx());
        vcpu.skipInstruction();
    }

    private void eptViolation() {
        long gpa = vcpu.processor().vmread(VmcsField.GUEST_PHYSICAL_ADDRESS);
        if (view.populate(gpa)) {
            return;
        }
        long qualification = vcpu.processor().vmread(VmcsField.EXIT_QUALIFICATION);
        if (!dirtyLog.onViolation(gpa, qualification)) {
            end.dead(
                    "the guest accessed physical address %#x, where there is no memory, at %s"
                            .formatted(gpa, place()));
        }
    }

    /** Only a restored state can be one that no processor may enter. */
    private void entryFailed(int exitReason) {
        end.dead(
                "VM entry failed with %s, qualification %d"
                        .formatted(
                                name(exitReason),
                                vcpu.processor().vmread(VmcsField.EXIT_QUALIFICATION)));
    }

    private String place() {
        return "%#x".formatted(vcpu.processor().vmread(VmcsField.GUEST_RIP));
    }

    private static String name(int exitReason) {
        ExitReason reason = ExitReason.of(exitReason & 0xffff);
        return reason == null ? "reason " + (exitReason & 0xffff) : reason.kebabName();
    }
}
