package io.understudy.vmx.event;

/** The time that the scheduler gave this processor is over. Stackless; one instance a processor. */
public final class SliceEnd extends RuntimeException {
    private static final long serialVersionUID = 1L;

    SliceEnd() {
        super(null, null, false, false);
    }
}
