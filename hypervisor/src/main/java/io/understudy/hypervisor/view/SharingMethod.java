package io.understudy.hypervisor.view;

import java.util.Optional;

/** How two machines hand packets to each other. */
public enum SharingMethod {
    /** Buffers that only the sharing view maps; the guest goes there by VMFUNC, without an exit. */
    VIEW("view"),
    /** A hypercall for each packet; the hypervisor copies it. */
    COPY("copy"),
    /** A hypercall maps the packet's page for the receiver, another one takes it away again. */
    GRANT("grant");

    private final String optionName;

    SharingMethod(String optionName) {
        this.optionName = optionName;
    }

    /** As typed and as a JSON key. */
    public String optionName() {
        return optionName;
    }

    /** As guests are told. */
    public int number() {
        return switch (this) {
            case VIEW -> 0;
            case COPY -> 1;
            case GRANT -> 2;
        };
    }

    public static Optional<SharingMethod> of(String optionName) {
        for (SharingMethod m : values()) {
            if (m.optionName.equals(optionName)) {
                return Optional.of(m);
            }
        }
        return Optional.empty();
    }
}
