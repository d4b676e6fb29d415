package io.understudy.hypervisor;

/**
 * A machine cannot be built as asked: the guest image is not one, does not fit, or an option makes
 * no sense. The message is one sentence that names what and where.
 */
public class MachineSetupException extends Exception {
    private static final long serialVersionUID = 1L;

    public MachineSetupException(String message) {
        super(message);
    }
}
