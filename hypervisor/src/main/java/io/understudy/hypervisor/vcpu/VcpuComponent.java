package io.understudy.hypervisor.vcpu;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.StateComponent;
import io.understudy.checkpoint.StateReader;
import io.understudy.checkpoint.StateWriter;

/** A vCPU as a state component of its machine. */
public final class VcpuComponent implements StateComponent {
    private final Vcpu vcpu;
    private final String name;

    public VcpuComponent(Vcpu vcpu, int index) {
        this.vcpu = vcpu;
        this.name = "vcpu" + index;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int version() {
        return VcpuState.VERSION;
    }

    @Override
    public void save(StateWriter out) {
        vcpu.capture().write(out);
    }

    @Override
    public void restore(StateReader in) throws CorruptStateException {
        VcpuState state = VcpuState.read(in);
        long ns = state.get(StateField.NS_PER_INSTRUCTION);
        if (ns != vcpu.time().nsPerInstruction()) {
            throw in.corrupt(
                    "NS_PER_INSTRUCTION",
                    "is %d, this machine was built with %d"
                            .formatted(ns, vcpu.time().nsPerInstruction()));
        }
        VcpuState before = vcpu.capture();
        try {
            vcpu.load(state);
        } catch (IllegalArgumentException refused) {
            vcpu.load(before);
            throw in.corrupt("a register", "is refused: " + refused.getMessage());
        }
    }
}
