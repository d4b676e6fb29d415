package io.understudy.hypervisor.exit;

import static io.understudy.hypervisor.exit.BasicReason.*;

import io.understudy.hypervisor.device.LocalApic;
import io.understudy.hypervisor.device.PortBus;
import io.understudy.hypervisor.dirty.DirtyLogSwitch;
import io.understudy.hypervisor.ept.EptViews;
import io.understudy.hypervisor.memory.GuestRam;
import io.understudy.hypervisor.tables.DescriptorGuard;
import io.understudy.hypervisor.vcpu.Vcpu;
import io.understudy.vmx.ExitReason;
import io.understudy.vmx.LogicalProcessor;
import io.understudy.vmx.VmcsField;
import org.jspecify.annotations.Nullable;

/** Counts each exit and does what its basic reason asks for. */
public final class ExitHandler {
    /** Bits of the exit-reason field that hold the basic reason. */
    private static final int BASIC_REASON = 0xffff;

    private static final int INVALID_OPCODE = 6;
    private static final int GENERAL_PROTECTION = 13;
    private static final int RAX = 0;
    private static final int RCX = 1;
    private static final int RDX = 2;
    private static final int RBX = 3;

    private final Vcpu vcpu;
    private final GuestEnd end;
    private final ViewBorder border;
    private final EptExits ept;
    private final IoExits io;
    private final MsrExits msrs;
    private final ControlRegisterExits controlRegisters;
    private final GuestCpuid cpuid;
    private final ExitCounters counters = new ExitCounters();
    private @Nullable DescriptorGuard guard;

    public ExitHandler(
            Vcpu vcpu,
            EptViews views,
            GuestRam ram,
            DirtyLogSwitch dirtyLog,
            LocalApic apic,
            PortBus ports,
            GuestEnd end,
            ViewBorder border) {
        this.vcpu = vcpu;
        this.border = border;
        this.end = end;
        this.ept = new EptExits(vcpu, views, ram, dirtyLog, end, border);
        this.cpuid = new GuestCpuid(vcpu.processor());
        this.io = new IoExits(vcpu, ports, end);
        this.msrs = new MsrExits(vcpu, apic);
        this.controlRegisters = new ControlRegisterExits(vcpu, apic);
    }

    public ExitCounters counters() {
        return counters;
    }

    /** Who takes the exits that concern descriptor tables; null for nobody. */
    public void setGuard(@Nullable DescriptorGuard value) {
        guard = value;
        ept.setGuard(value);
    }

    /** What EPT violations were about. */
    public EptExits ept() {
        return ept;
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
        switch (exitReason & BASIC_REASON) {
            case EXTERNAL_INTERRUPT, INTERRUPT_WINDOW, PREEMPTION_TIMER -> {
                // The run loop goes on.
            }
            case TRIPLE_FAULT -> {
                vcpu.shutDown();
                end.dead("the guest stopped with a triple fault at " + place());
            }
            case INSTRUCTION_TIMEOUT ->
                    end.dead("the guest is caught in an endless loop of exceptions at " + place());
            case CPUID -> cpuid();
            case HLT -> {
                vcpu.skipInstruction();
                vcpu.halt();
            }
            case INVD, WBINVD -> vcpu.skipInstruction(); // memory is always coherent
            case RDPMC -> vcpu.raise(GENERAL_PROTECTION, 0); // there are no counters
            case CR_ACCESS -> controlRegister();
            case IO_INSTRUCTION -> io.handle();
            case RDMSR -> msrs.handleRead();
            case WRMSR -> msrs.handleWrite();
            case MONITOR_TRAP_FLAG, GDTR_IDTR_ACCESS, LDTR_TR_ACCESS -> guarded(exitReason);
            case EPT_VIOLATION -> ept.violation();
            case PML_LOG_FULL -> ept.logFull();
            case XSETBV -> setExtendedControl();
            // What CPUID does not announce.
            case GETSEC, MONITOR, MWAIT, RDRAND, RDSEED -> vcpu.raise(INVALID_OPCODE);
            case VMCALL -> {
                if (!border.call()) {
                    vcpu.raise(INVALID_OPCODE);
                }
            }
            case VMFUNC -> border.functionRefused();
            case VMCLEAR, VMLAUNCH, VMPTRLD, VMPTRST, VMREAD, VMRESUME, VMWRITE ->
                    vcpu.raise(INVALID_OPCODE);
            case VMXOFF, VMXON, INVEPT, INVVPID -> vcpu.raise(INVALID_OPCODE);
            default -> end.dead("unexpected VM exit " + name(exitReason) + " at " + place());
        }
    }

    private void controlRegister() {
        DescriptorGuard g = guard;
        if (g != null && controlRegisters.isAddressSpaceLoad()) {
            g.onAddressSpaceLoad();
        } else {
            controlRegisters.handle();
        }
    }

    /** Exits that only a guard asks for. */
    private void guarded(int exitReason) {
        DescriptorGuard g = guard;
        if (g == null) {
            end.dead("unexpected VM exit " + name(exitReason) + " at " + place());
            return;
        }
        switch (exitReason & BASIC_REASON) {
            case GDTR_IDTR_ACCESS -> g.onTableInstruction(false);
            case LDTR_TR_ACCESS -> g.onTableInstruction(true);
            default -> g.onStepped();
        }
    }

    private void cpuid() {
        LogicalProcessor p = vcpu.processor();
        cpuid.query((int) p.gpr(RAX), (int) p.gpr(RCX), vcpu.guestCr4());
        p.setGpr(RAX, cpuid.eax());
        p.setGpr(RBX, cpuid.ebx());
        p.setGpr(RCX, cpuid.ecx());
        p.setGpr(RDX, cpuid.edx());
        vcpu.skipInstruction();
    }

    /** XSETBV: the guest's XCR0 is the processor's. */
    private void setExtendedControl() {
        LogicalProcessor p = vcpu.processor();
        long value = p.gpr(RDX) << 32 | (p.gpr(RAX) & 0xffff_ffffL);
        boolean known = (int) p.gpr(RCX) == 0;
        if (!known || !p.isXcr0(value)) {
            vcpu.raise(GENERAL_PROTECTION, 0);
            return;
        }
        p.setXcr0(value);
        vcpu.skipInstruction();
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
        ExitReason reason = ExitReason.of(exitReason & BASIC_REASON);
        return reason == null ? "reason " + (exitReason & BASIC_REASON) : reason.kebabName();
    }
}
