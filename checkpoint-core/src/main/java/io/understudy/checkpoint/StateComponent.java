package io.understudy.checkpoint;

/**
 * A part of a machine's state that is not guest memory: the CPU, a device, a clock. Saved and
 * restored only while the machine is paused.
 */
public interface StateComponent {
    /** Unique inside the machine, such as {@code vcpu0} or {@code uart}. */
    String name();

    /** Version of the layout that {@link #save} writes and {@link #restore} accepts. */
    int version();

    void save(StateWriter out);

    /**
     * Replaces the state. A reader that holds anything else than what {@link #save} writes makes it
     * throw, having changed nothing.
     *
     * @throws CorruptStateException naming the component and the field
     */
    void restore(StateReader in) throws CorruptStateException;
}
