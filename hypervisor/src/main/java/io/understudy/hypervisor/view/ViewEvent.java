package io.understudy.hypervisor.view;

/**
 * Something that the hypervisor saw at the border of a view.
 *
 * @param virtualNs virtual time of the machine
 * @param view index of the view in which it happened
 * @param rip where the guest was
 * @param gpa address that was accessed, or the index that VMFUNC was given
 */
public record ViewEvent(Kind kind, long virtualNs, int view, long rip, long gpa) {
    /** What it was. */
    public enum Kind {
        /** Outside the window, a page of the secret was read; refused. */
        READ_OUTSIDE("read-outside", true),
        /** Outside the window, a page of the secret was written; refused. */
        WRITE_OUTSIDE("write-outside", true),
        /** The gate's code was written, in whatever view; refused. */
        GATE_WRITTEN("gate-written", true),
        /** Gate code was to run outside the secret view: a jump past its entry; refused. */
        JUMP_INTO_GATE("jump-into-gate", true),
        /** Code outside the gate was to run in the secret view: sent back to view 0. */
        CODE_OUTSIDE_GATE("code-outside-gate", true),
        /** VMFUNC with an index that is not in the processor's list; refused. */
        NO_SUCH_VIEW("no-such-view", true),
        /** A shared buffer was accessed outside the sharing view; refused. */
        BUFFER_OUTSIDE("buffer-outside", true),
        /** An interrupt inside the window led back to view 0. */
        INTERRUPTED("interrupted", false),
        /** The interrupted thread came back as it had left, and went on inside. */
        RESUMED("resumed", false);

        private final String word;
        private final boolean isAttempt;

        Kind(String word, boolean isAttempt) {
            this.word = word;
            this.isAttempt = isAttempt;
        }

        /** As in reports. */
        public String word() {
            return word;
        }

        /** Whether somebody tried what is forbidden. */
        public boolean isAttempt() {
            return isAttempt;
        }
    }
}
