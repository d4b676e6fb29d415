package io.understudy.hypervisor.guard;

import java.util.Optional;

/** What is done about a suspicious event. */
public enum GuardPolicy {
    /** It is told, and takes effect. */
    REPORT("report"),
    /** It has no effect: an instruction is passed over, written content is put back. */
    DENY("deny"),
    /** The guest stands still behind the instruction, until somebody lets it go on. */
    PAUSE("pause");

    private final String optionName;

    GuardPolicy(String optionName) {
        this.optionName = optionName;
    }

    /** As typed on the command line and written in reports. */
    public String optionName() {
        return optionName;
    }

    public static Optional<GuardPolicy> of(String optionName) {
        for (GuardPolicy p : values()) {
            if (p.optionName.equals(optionName)) {
                return Optional.of(p);
            }
        }
        return Optional.empty();
    }
}
