package io.understudy.hypervisor;

/** The host cannot give a machine the memory that it was asked to have. */
public final class HostMemoryException extends MachineSetupException {
    private static final long serialVersionUID = 1L;

    public HostMemoryException(String message) {
        super(message);
    }
}
