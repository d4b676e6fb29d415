package io.understudy.vmx.event;

/** A triple fault outside non-root operation: the processor shut down. Stackless. */
public final class ShutdownSignal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ShutdownSignal() {
        super("triple fault", null, false, false);
    }
}
