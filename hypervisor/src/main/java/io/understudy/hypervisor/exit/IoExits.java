package io.understudy.hypervisor.exit;

import io.understudy.hypervisor.device.PortBus;
import io.understudy.hypervisor.vcpu.Vcpu;
import io.understudy.vmx.LogicalProcessor;
import io.understudy.vmx.VmcsField;

/**
 * IN and OUT (SDM volume 3, "Exit Qualification for I/O Instructions").
 *
 * <pre>
 * 2:0 size - 1 | 3 IN | 4 string | 31:16 port
 * </pre>
 */
public final class IoExits {
    private static final long IS_IN = 1 << 3;
    private static final long IS_STRING = 1 << 4;
    private static final int RAX = 0;

    private final Vcpu vcpu;
    private final PortBus ports;
    private final GuestEnd end;

    public IoExits(Vcpu vcpu, PortBus ports, GuestEnd end) {
        this.vcpu = vcpu;
        this.ports = ports;
        this.end = end;
    }

    public void handle() {
        LogicalProcessor p = vcpu.processor();
        long qualification = p.vmread(VmcsField.EXIT_QUALIFICATION);
        int bytes = (int) (qualification & 7) + 1;
        int port = (int) (qualification >>> 16) & 0xffff;
        if ((qualification & IS_STRING) != 0) {
            end.dead(
                    "the guest used a string I/O instruction on port %#x, which no device here takes"
                            .formatted(port));
            return;
        }
        long rax = p.gpr(RAX);
        if ((qualification & IS_IN) != 0) {
            p.setGpr(RAX, merge(rax, ports.in(port, bytes), bytes));
        } else {
            ports.out(port, bytes, (int) rax & (-1 >>> (32 - 8 * bytes)));
        }
        vcpu.skipInstruction();
    }

    /** AL and AX keep the rest of RAX; EAX clears its upper half. */
    private static long merge(long rax, int value, int bytes) {
        if (bytes == 4) {
            return value & 0xffff_ffffL;
        }
        long mask = (1L << (8 * bytes)) - 1;
        return (rax & ~mask) | (value & mask);
    }
}
