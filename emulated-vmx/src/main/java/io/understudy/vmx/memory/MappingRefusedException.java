package io.understudy.vmx.memory;

/** The host refuses to map as much memory as was asked for. */
public final class MappingRefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    MappingRefusedException(long bytes) {
        super("the host refuses to map %d bytes of memory".formatted(bytes));
    }
}
