package io.understudy.hypervisor.guard;

/** What was done about an event. */
public enum GuardAction {
    NONE("none"),
    DENIED("denied"),
    PAUSED("paused");

    private final String key;

    GuardAction(String key) {
        this.key = key;
    }

    /** Name in reports. */
    public String key() {
        return key;
    }
}
