package io.understudy.vmx.cpu;

/**
 * An access reached a device in the middle of a block of instructions. Nothing was done yet: the
 * executor makes time and state exact and executes the instruction again, by itself. Stackless; one
 * instance a processor.
 */
public final class ExactAccess extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ExactAccess() {
        super(null, null, false, false);
    }
}
