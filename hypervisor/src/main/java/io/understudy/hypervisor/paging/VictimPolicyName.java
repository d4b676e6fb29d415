package io.understudy.hypervisor.paging;

import java.util.Optional;

/** How the page is chosen that leaves memory. */
public enum VictimPolicyName {
    /** The page whose accessed flag was clear for longest. */
    AGEING("ageing"),

    /** Without accessed flags: a hand goes round and passes pages brought in lately. */
    CLOCK("clock");

    private final String optionName;

    VictimPolicyName(String optionName) {
        this.optionName = optionName;
    }

    /** As typed on the command line and written in reports. */
    public String optionName() {
        return optionName;
    }

    public static Optional<VictimPolicyName> of(String optionName) {
        for (VictimPolicyName n : values()) {
            if (n.optionName.equals(optionName)) {
                return Optional.of(n);
            }
        }
        return Optional.empty();
    }
}
