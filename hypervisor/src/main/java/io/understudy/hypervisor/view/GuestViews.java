package io.understudy.hypervisor.view;

import java.util.List;
import java.util.Map;

/** The views of one machine. Only while it is paused. */
public interface GuestViews {
    /** Words that a guest reports about itself. */
    int REPORT_WORDS = 16;

    /** Index of the view that the guest is in. */
    int currentView();

    /** Whether the guest has asked for its secret window. */
    boolean hasWindow();

    /** A word of the pages that the hypervisor shares with the code inside the window. */
    long readSecret(int word);

    /** Writes such a word. */
    void writeSecret(int word, long value);

    /** A word of what the guest says about itself; 0 if it says nothing. */
    long report(int word);

    /** How often each kind of event happened. */
    Map<ViewEvent.Kind, Long> counts();

    /** The first {@link #eventsMax} events. */
    List<ViewEvent> events();

    /** How many events are kept. */
    int eventsMax();

    /** Bytes that the hypervisor copied from machine to machine. */
    long bytesCopied();

    /** Mappings that were granted, and so taken away, one by one. */
    long grantsMapped();

    /**
     * Checks that an address means the same page in every view or is unmapped.
     *
     * @return one sentence on the first that does not; empty if all do
     */
    String firstDifference();
}
