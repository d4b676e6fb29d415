package io.understudy.hypervisor.interrupt;

import static io.understudy.vmx.VmxControls.*;

import io.understudy.hypervisor.vmcs.Msr;
import io.understudy.vmx.LogicalProcessor;
import io.understudy.vmx.VmcsField;
import io.understudy.vmx.memory.PhysicalMemory;
import java.util.ArrayList;
import java.util.List;

/** Writes the controls of an {@link InterruptStage} into the current VMCS of a processor. */
final class StageControls {
    private static final int MSR_FIRST = 0x800;
    private static final int BITMAP_WRITES = 0x800;

    private StageControls() {}

    /** What the stage needs that the processor lacks, in words; empty if it has everything. */
    static List<String> missing(LogicalProcessor p, InterruptStage stage) {
        List<String> missing = new ArrayList<>();
        check(missing, allowed(p, Msr.VMX_TRUE_PINBASED_CTLS), stage.pin(), "posted interrupts");
        check(missing, allowed(p, Msr.VMX_TRUE_PROCBASED_CTLS), stage.primary(), "a TPR shadow");
        int secondary = allowed(p, Msr.VMX_PROCBASED_CTLS2);
        int wanted = stage.secondary();
        check(
                missing,
                secondary,
                wanted & SECONDARY_VIRTUALIZE_APIC_ACCESSES,
                "virtualized APIC accesses");
        check(missing, secondary, wanted & SECONDARY_VIRTUALIZE_X2APIC, "virtualized x2APIC mode");
        check(
                missing,
                secondary,
                wanted & SECONDARY_APIC_REGISTER_VIRTUALIZATION,
                "APIC-register virtualization");
        check(
                missing,
                secondary,
                wanted & SECONDARY_VIRTUAL_INTERRUPT_DELIVERY,
                "virtual-interrupt delivery");
        return missing;
    }

    private static int allowed(LogicalProcessor p, int msr) {
        return (int) (p.rdmsr(msr) >>> 32);
    }

    private static void check(List<String> missing, int allowed, int wanted, String words) {
        if ((wanted & ~allowed) != 0) {
            missing.add(words);
        }
    }

    /** Before the first entry. */
    static void write(
            LogicalProcessor p,
            PhysicalMemory memory,
            InterruptStage stage,
            long accessPage,
            ApicPage page,
            PostedDescriptor posted) {
        change(p, VmcsField.PIN_BASED_VM_EXECUTION_CONTROLS, stage.pin(), 0);
        int cr8Exits = PRIMARY_CR8_LOAD_EXITING | PRIMARY_CR8_STORE_EXITING;
        change(
                p,
                VmcsField.PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS,
                stage.primary(),
                stage.shadowsTpr() ? cr8Exits : 0);
        change(p, VmcsField.SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS, stage.secondary(), 0);
        p.vmwrite(VmcsField.APIC_ACCESS_PAGE_ADDRESS, accessPage);
        p.vmwrite(VmcsField.VIRTUAL_APIC_PAGE_ADDRESS, page.hpa());
        p.vmwrite(VmcsField.TPR_THRESHOLD, 0);
        if ((stage.pin() & PIN_POSTED_INTERRUPTS) != 0) {
            p.vmwrite(VmcsField.POSTED_INTERRUPT_DESCRIPTOR_ADDRESS, posted.hpa());
            p.vmwrite(VmcsField.POSTED_INTERRUPT_NOTIFICATION_VECTOR, posted.notificationVector());
        }
        if (stage.virtualizesX2Apic()) {
            openMsrs(memory, p.vmread(VmcsField.MSR_BITMAPS), stage.deliversInterrupts());
        }
    }

    private static void change(LogicalProcessor p, int field, int set, int clear) {
        int value = ((int) p.vmread(field) & ~clear) | set;
        p.vmwrite(field, Integer.toUnsignedLong(value));
    }

    /** The MSRs whose accesses the processor virtualizes; it would do so wrongly for the others. */
    private static void openMsrs(PhysicalMemory memory, long bitmap, boolean delivers) {
        for (int register = 0; register < ApicRegister.COUNT; register++) {
            boolean computed =
                    register == ApicRegister.CURRENT_COUNT
                            || (register == ApicRegister.PPR && !delivers);
            if (VirtualLocalApic.isReadable(register) && !computed) {
                open(memory, bitmap, register);
            }
        }
        open(memory, bitmap + BITMAP_WRITES, ApicRegister.TPR);
        if (delivers) {
            open(memory, bitmap + BITMAP_WRITES, ApicRegister.EOI);
            open(memory, bitmap + BITMAP_WRITES, ApicRegister.SELF_IPI);
        }
    }

    private static void open(PhysicalMemory memory, long half, int register) {
        int msr = MSR_FIRST + register;
        long at = half + (msr >>> 3);
        memory.write8(at, memory.read8(at) & ~(1 << (msr & 7)));
    }
}
