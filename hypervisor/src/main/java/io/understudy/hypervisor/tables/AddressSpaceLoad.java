package io.understudy.hypervisor.tables;

import io.understudy.hypervisor.memory.GuestMemoryMap;
import io.understudy.hypervisor.vcpu.Vcpu;
import io.understudy.vmx.LogicalProcessor;
import io.understudy.vmx.VmcsField;

/**
 * MOV to CR3, carried out at its exit: a load of a register and of nothing else, for which a single
 * step would cost a second exit. Loads that may fault, or that name a process-context identifier,
 * are the processor's.
 */
final class AddressSpaceLoad {
    private static final long ROOT = 0x000f_ffff_ffff_f000L;
    private static final long ROOT_AND_CACHING = ROOT | 0xfff;
    private static final long CR4_GLOBAL_PAGES = 1 << 7;
    private static final long CR4_CONTEXT_IDENTIFIERS = 1 << 17;

    private final Vcpu vcpu;
    private final GuestMemoryMap map;

    AddressSpaceLoad(Vcpu vcpu, GuestMemoryMap map) {
        this.vcpu = vcpu;
        this.map = map;
    }

    /** Carries out the load that exited; false if that must be left to the processor. */
    boolean carryOut() {
        LogicalProcessor p = vcpu.processor();
        long qualification = p.vmread(VmcsField.EXIT_QUALIFICATION);
        long root = TableOperand.gpr(p, (int) (qualification >>> 8) & 15);
        long cr4 = vcpu.guestCr4();
        if ((root & ~ROOT_AND_CACHING) != 0
                || map.offsetOf(root & ROOT) < 0
                || (cr4 & CR4_CONTEXT_IDENTIFIERS) != 0) {
            return false;
        }
        p.vmwrite(VmcsField.GUEST_CR3, root);
        vcpu.dropLinear((cr4 & CR4_GLOBAL_PAGES) != 0);
        vcpu.skipInstruction();
        vcpu.time().countEmulated();
        return true;
    }
}
