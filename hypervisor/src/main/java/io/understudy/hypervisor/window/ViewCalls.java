package io.understudy.hypervisor.window;

import io.understudy.hypervisor.vcpu.Vcpu;
import io.understudy.vmx.LogicalProcessor;
import io.understudy.vmx.VmcsField;

/**
 * Hypercalls: VMCALL at CPL 0, the call in RAX, its arguments in RDI, RSI, RDX, RCX, the result in
 * RAX ({@code docs/formats/view-calls.md}).
 */
final class ViewCalls {
    static final long DONE = SharedBuffer.DONE;
    static final long NO_SUCH_CALL = -1;
    static final long BAD_ARGUMENT = SharedBuffer.BAD_ARGUMENT;
    static final long NOT_ALLOWED = SharedBuffer.NOT_ALLOWED;

    private static final int WINDOW = 1;
    private static final int REPORT = 2;
    private static final int RECEIVE = 3;
    private static final int SEND = 4;
    private static final int MAP = 5;
    private static final int UNMAP = 6;

    private static final int RAX = 0;
    private static final int RCX = 1;
    private static final int RDX = 2;
    private static final int RSI = 6;
    private static final int RDI = 7;
    private static final long PRIVILEGE = 3 << 5;
    private static final int GENERAL_PROTECTION = 13;

    private final Vcpu vcpu;
    private final MachineViews views;
    private final SharedBuffer buffer;

    ViewCalls(Vcpu vcpu, MachineViews views, SharedBuffer buffer) {
        this.vcpu = vcpu;
        this.views = views;
        this.buffer = buffer;
    }

    void handle() {
        LogicalProcessor p = vcpu.processor();
        if ((p.vmread(VmcsField.GUEST_SS_ACCESS_RIGHTS) & PRIVILEGE) != 0) {
            vcpu.raise(GENERAL_PROTECTION, 0);
            return;
        }
        p.setGpr(RAX, call(p, p.gpr(RAX), p.gpr(RDI), p.gpr(RSI)));
        vcpu.skipInstruction();
    }

    private long call(LogicalProcessor p, long number, long first, long second) {
        if (number >>> 31 != 0) {
            return NO_SUCH_CALL;
        }
        return switch ((int) number) {
            case WINDOW -> openWindow(first, second, p.gpr(RDX), p.gpr(RCX));
            case REPORT -> views.reportAt(first);
            case RECEIVE -> buffer.receiveAt(first);
            case SEND -> buffer.send(first, second);
            case MAP -> buffer.map(first);
            case UNMAP -> buffer.unmap(first);
            default -> NO_SUCH_CALL;
        };
    }

    private long openWindow(long gate, long gatePages, long secret, long secretPages) {
        if (((gate | secret) & 0xfff) != 0) {
            return BAD_ARGUMENT;
        }
        return views.open(
                new SecretWindow(views.pageOf(gate), gatePages, views.pageOf(secret), secretPages));
    }
}
