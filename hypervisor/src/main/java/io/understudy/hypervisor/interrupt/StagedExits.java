package io.understudy.hypervisor.interrupt;

import static io.understudy.hypervisor.exit.BasicReason.*;

import io.understudy.hypervisor.device.PortBus;
import io.understudy.hypervisor.ept.EptView;
import io.understudy.hypervisor.exit.ControlRegisterExits;
import io.understudy.hypervisor.exit.GuestCpuid;
import io.understudy.hypervisor.exit.GuestEnd;
import io.understudy.hypervisor.exit.IoExits;
import io.understudy.hypervisor.vcpu.Vcpu;
import io.understudy.hypervisor.vmcs.Msr;
import io.understudy.vmx.ExitReason;
import io.understudy.vmx.LogicalProcessor;
import io.understudy.vmx.VmcsField;

/** Does what an exit of a {@link StagedVcpu} asks for, external interrupts excepted. */
final class StagedExits {
    /** Guest-physical address of the register page of xAPIC mode. */
    static final long APIC_PAGE = 0xfee0_0000L;

    private static final int BASIC_REASON = 0xffff;
    private static final int INVALID_OPCODE = 6;
    private static final int RAX = 0;
    private static final int RCX = 1;
    private static final int RDX = 2;
    private static final int RBX = 3;
    private static final int APIC_ID_SHIFT = 24;

    /** Locked, with VMX off; fast strings. */
    private static final long ONE = 1;

    private final Vcpu vcpu;
    private final VirtualLocalApic apic;
    private final ApicExits apicExits;
    private final EptView view;
    private final ApicBus bus;
    private final GuestEnd end;
    private final InterruptCounters counters;
    private final IoExits io;
    private final ControlRegisterExits controlRegisters;
    private final GuestCpuid cpuid;

    StagedExits(
            Vcpu vcpu,
            VirtualLocalApic apic,
            ApicExits apicExits,
            EptView view,
            PortBus ports,
            ApicBus bus,
            InterruptCounters counters,
            GuestEnd end) {
        this.vcpu = vcpu;
        this.apic = apic;
        this.apicExits = apicExits;
        this.view = view;
        this.bus = bus;
        this.counters = counters;
        this.end = end;
        this.io = new IoExits(vcpu, ports, end);
        this.controlRegisters = new ControlRegisterExits(vcpu, apic);
        this.cpuid = new GuestCpuid(vcpu.processor());
    }

    /**
     * @param exitReason the exit-reason field
     */
    void handle(int exitReason) {
        LogicalProcessor p = vcpu.processor();
        long rip = p.vmread(VmcsField.GUEST_RIP);
        int reason = exitReason < 0 ? exitReason : exitReason & BASIC_REASON;
        switch (reason) {
            case INTERRUPT_WINDOW, PREEMPTION_TIMER, TPR_BELOW_THRESHOLD -> {
                // The loop looks at what is pending.
            }
            case VIRTUALIZED_EOI ->
                    bus.endOfLevel((int) p.vmread(VmcsField.EXIT_QUALIFICATION) & 0xff);
            case APIC_WRITE -> apicExits.written();
            case APIC_ACCESS -> apicExits.access();
            case EPT_VIOLATION -> violation(p.vmread(VmcsField.GUEST_PHYSICAL_ADDRESS));
            case RDMSR -> readMsr();
            case WRMSR -> writeMsr();
            case CR_ACCESS -> {
                countCr8();
                controlRegisters.handle();
            }
            case IO_INSTRUCTION -> io.handle();
            case CPUID -> cpuid();
            case HLT -> {
                vcpu.skipInstruction();
                vcpu.halt();
            }
            case INVD, WBINVD -> vcpu.skipInstruction();
            case RDPMC -> apicExits.raiseGeneralProtection();
            case GETSEC, MONITOR, MWAIT, RDRAND, RDSEED, XSETBV -> vcpu.raise(INVALID_OPCODE);
            case VMCALL, VMCLEAR, VMLAUNCH, VMPTRLD, VMPTRST, VMREAD, VMRESUME, VMWRITE ->
                    vcpu.raise(INVALID_OPCODE);
            case VMXOFF, VMXON, INVEPT, INVVPID, VMFUNC -> vcpu.raise(INVALID_OPCODE);
            case TRIPLE_FAULT -> end.dead("the guest stopped with a triple fault at " + hex(rip));
            default -> end.dead("unexpected VM exit " + name(exitReason) + " at " + hex(rip));
        }
        // An instruction that was completed took its time; one that faulted did not.
        if (isExecutedHere(reason) && p.vmread(VmcsField.GUEST_RIP) != rip) {
            vcpu.time().countEmulated();
        }
    }

    /** Whether the hypervisor executes the instruction itself, and {@link #handle} counts it. */
    private static boolean isExecutedHere(int reason) {
        return switch (reason) {
            case CPUID, HLT, INVD, WBINVD, CR_ACCESS, IO_INSTRUCTION, RDMSR, WRMSR -> true;
            default -> false;
        };
    }

    private void violation(long gpa) {
        if ((gpa & ~0xfffL) == APIC_PAGE && apic.mode() == ApicMode.XAPIC) {
            apicExits.execute((int) gpa & 0xfff);
        } else if (!view.populate(gpa)) {
            end.dead(
                    "the guest accessed physical address %#x, where there is no memory, at %#x"
                            .formatted(gpa, vcpu.processor().vmread(VmcsField.GUEST_RIP)));
        }
    }

    private void countCr8() {
        long qualification = vcpu.processor().vmread(VmcsField.EXIT_QUALIFICATION);
        if ((qualification & 15) != 8) {
            return;
        }
        if ((qualification >>> 4 & 3) == 0) {
            counters.apicWrite(ApicRegister.CR8);
        } else {
            counters.apicRead(ApicRegister.CR8);
        }
    }

    private void readMsr() {
        LogicalProcessor p = vcpu.processor();
        int msr = (int) p.gpr(RCX);
        if (ApicExits.isApicMsr(msr)) {
            if (apicExits.readMsr(msr)) {
                vcpu.skipInstruction();
            } else {
                apicExits.raiseGeneralProtection();
            }
            return;
        }
        long value;
        switch (msr) {
            case Msr.TSC -> value = vcpu.time().tsc();
            case Msr.APIC_BASE -> value = apic.mode().base(apic.index());
            case Msr.FEATURE_CONTROL, Msr.MISC_ENABLE -> value = ONE;
            case Msr.BIOS_SIGN_ID -> value = 0;
            default -> {
                apicExits.raiseGeneralProtection();
                return;
            }
        }
        p.setGpr(RAX, value & 0xffff_ffffL);
        p.setGpr(RDX, value >>> 32);
        vcpu.skipInstruction();
    }

    /** The TSCs of the vCPUs stay together: the guest cannot write one. */
    private void writeMsr() {
        LogicalProcessor p = vcpu.processor();
        int msr = (int) p.gpr(RCX);
        long value = (p.gpr(RAX) & 0xffff_ffffL) | (p.gpr(RDX) << 32);
        boolean accepted;
        if (ApicExits.isApicMsr(msr)) {
            accepted = apicExits.writeMsr(msr, value);
        } else {
            accepted =
                    switch (msr) {
                        case Msr.APIC_BASE -> value == apic.mode().base(apic.index());
                        case Msr.MISC_ENABLE, Msr.BIOS_SIGN_ID -> true;
                        default -> false;
                    };
        }
        if (accepted) {
            vcpu.skipInstruction();
        } else {
            apicExits.raiseGeneralProtection();
        }
    }

    private void cpuid() {
        LogicalProcessor p = vcpu.processor();
        int leaf = (int) p.gpr(RAX);
        cpuid.query(leaf, (int) p.gpr(RCX), vcpu.guestCr4());
        long id = apic.index();
        p.setGpr(RAX, cpuid.eax());
        p.setGpr(RBX, leaf == 1 ? cpuid.ebx() | id << APIC_ID_SHIFT : cpuid.ebx());
        p.setGpr(RCX, cpuid.ecx());
        p.setGpr(RDX, leaf == 0xb ? id : cpuid.edx());
        vcpu.skipInstruction();
    }

    private static String hex(long value) {
        return "%#x".formatted(value);
    }

    private static String name(int exitReason) {
        ExitReason reason = ExitReason.of(exitReason & BASIC_REASON);
        return reason == null ? "reason " + (exitReason & BASIC_REASON) : reason.kebabName();
    }
}
