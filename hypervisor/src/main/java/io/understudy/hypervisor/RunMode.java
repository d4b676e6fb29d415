package io.understudy.hypervisor;

/** How virtual time relates to host time. */
public enum RunMode {
    /** Virtual time never runs ahead of the host clock; an idle guest sleeps. */
    PACED,
    /** As fast as it goes; idle time is skipped. */
    FREE
}
