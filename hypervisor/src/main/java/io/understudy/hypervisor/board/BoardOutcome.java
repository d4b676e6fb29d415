package io.understudy.hypervisor.board;

/**
 * How a bare machine ended.
 *
 * @param end why
 * @param value what the kernel wrote to its exit port, if it did
 * @param detail words for a person
 */
public record BoardOutcome(End end, int value, String detail) {
    /** Why a bare machine ended. */
    public enum End {
        /** The kernel said so: a write to the debug-exit port. */
        EXITED,
        /** A triple fault, or a reset by the kernel. */
        RESET,
        /** The host's time was over, or every processor halts for ever. */
        TIMED_OUT
    }
}
