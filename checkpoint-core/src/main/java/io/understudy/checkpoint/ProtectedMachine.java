package io.understudy.checkpoint;

import java.util.List;
import java.util.Optional;

/**
 * A machine under replication. One thread at a time calls {@link #run}; memory, dirty log and state
 * are used only while it is not inside {@code run} (the machine is paused).
 */
public interface ProtectedMachine extends AutoCloseable {
    /** Why {@link #run} returned. */
    enum StopCause {
        /** The instruction limit was reached exactly. */
        INSTRUCTIONS,
        /** The host deadline passed. */
        DEADLINE,
        /** The output buffer passed its watermark: end the epoch so that output can be released. */
        OUTPUT,
        /** The guest ended itself; {@link #exitStatus} says how. */
        EXITED,
        /** The guest can never run again (triple fault, say); {@link #exitStatus} says why. */
        DEAD
    }

    MachineLayout layout();

    GuestMemory memory();

    DirtyLog dirtyLog();

    /** How checkpoints can be taken without copying at the pause, if this machine can do that. */
    default Optional<WriteGuard> writeGuard() {
        return Optional.empty();
    }

    /** Every state component, in the order of {@link MachineLayout#components}. */
    List<StateComponent> components();

    /** The console's output. It is also one of {@link #components}. */
    OutputGate output();

    /** The console's input. If the machine takes any, it is also one of {@link #components}. */
    default InputPort input() {
        return InputPort.NONE;
    }

    /**
     * Runs the guest.
     *
     * @param untilInstruction stop exactly when this many instructions have retired since the
     *     machine's birth; {@link Long#MAX_VALUE} for no limit
     * @param deadlineHostNs stop soon after the host clock passes this; {@link Long#MAX_VALUE} for
     *     none
     */
    StopCause run(long untilInstruction, long deadlineHostNs);

    /** Makes {@link #run} return soon with {@link StopCause#DEADLINE}. Thread-safe. */
    void interruptRun();

    /** Instructions retired since the machine's birth, on whichever host. */
    long instructions();

    /**
     * After pages and components were written from an image: drops every cached translation and
     * decoded instruction, so that the next {@link #run} sees the new state only.
     */
    void activate();

    /** One sentence on how the guest ended, once {@link #run} returned EXITED or DEAD. */
    String exitStatus();

    @Override
    void close();
}
