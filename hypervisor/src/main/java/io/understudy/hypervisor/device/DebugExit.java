package io.understudy.hypervisor.device;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.StateComponent;
import io.understudy.checkpoint.StateReader;
import io.understudy.checkpoint.StateWriter;

/** A port by which the guest ends itself; the first write counts. */
public final class DebugExit implements PortDevice, StateComponent {
    public static final int PORT = 0xf4;
    public static final int PORTS = 1;

    private static final int VERSION = 1;
    private static final int VALUE_MAX = 255;

    private boolean exited;
    private int value;

    public boolean hasExited() {
        return exited;
    }

    /** The byte that the guest wrote; 0 is success. */
    public int value() {
        return value;
    }

    @Override
    public int in(int offset, int bytes) {
        return 0;
    }

    @Override
    public void out(int offset, int bytes, int written) {
        if (!exited) {
            exited = true;
            value = written & VALUE_MAX;
        }
    }

    @Override
    public String name() {
        return "debug-exit";
    }

    @Override
    public int version() {
        return VERSION;
    }

    @Override
    public void save(StateWriter out) {
        out.u8(exited ? 1 : 0).u8(value);
    }

    @Override
    public void restore(StateReader in) throws CorruptStateException {
        int newExited = in.u8("exited");
        int newValue = in.u8("value");
        in.end();
        if (newExited > 1) {
            throw in.corrupt("exited", "is %d, not 0 or 1".formatted(newExited));
        }
        exited = newExited == 1;
        value = newValue;
    }
}
