package io.understudy.hypervisor;

import java.util.Optional;

/** How a machine finds the pages that its guest wrote. */
public enum DirtyLogMode {
    /** Unprotected: nothing is tracked, large mappings are kept, a harvest is every page. */
    NONE("none"),
    /** Dirty flags of EPT, found by a walk that accessed flags prune. */
    DIRTY_BIT("dirty-bit");

    private final String optionName;

    DirtyLogMode(String optionName) {
        this.optionName = optionName;
    }

    /** As typed on the command line and written in reports. */
    public String optionName() {
        return optionName;
    }

    public static Optional<DirtyLogMode> of(String optionName) {
        for (DirtyLogMode m : values()) {
            if (m.optionName.equals(optionName)) {
                return Optional.of(m);
            }
        }
        return Optional.empty();
    }
}
