package io.understudy.hypervisor.exit;

/** What exits at the border of a view ask; all about the access or instruction that exited. */
public interface ViewBorder {
    /** A machine without views, which refuses nothing and has no calls. */
    ViewBorder NONE = new ViewBorder() {};

    /**
     * An EPT violation of an access to a page of the machine.
     *
     * @param page its index
     * @return true if the view that the guest is in does not permit the access; it was dealt with
     */
    default boolean refuses(long page, long gpa, long qualification) {
        return false;
    }

    /**
     * VMCALL.
     *
     * @return false if this machine has no calls
     */
    default boolean call() {
        return false;
    }

    /** VMFUNC that the processor refused. */
    default void functionRefused() {
        throw new IllegalStateException("VM functions are off in a machine without views");
    }
}
