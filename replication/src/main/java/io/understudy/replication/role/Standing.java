package io.understudy.replication.role;

import org.jspecify.annotations.Nullable;

/** Where a primary stands and why, and the hand-over that is under way: what its parts share. */
final class Standing {
    private NodeState state = NodeState.CLAIMING;
    private String detail = "";

    /** Why there is no backup, empty if there never was one. */
    private String lostBecause = "";

    private @Nullable Handing handing;

    /** The same, with reasons left out. */
    Standing copy(Decisions<PrimaryAction> others) {
        Standing copy = new Standing();
        copy.state = state;
        Handing under = handing;
        copy.handing = under == null ? null : under.copy(0, others);
        return copy;
    }

    void encode(StateSink out) {
        out.constant(state);
        Handing under = handing;
        out.flag(under != null);
        if (under != null) {
            under.encode(out);
        }
    }

    NodeState state() {
        return state;
    }

    /** One sentence, empty if there is nothing to say. */
    String detail() {
        return detail;
    }

    void become(NodeState next) {
        state = next;
    }

    void become(NodeState next, String why) {
        state = next;
        detail = why;
    }

    void explain(String why) {
        detail = why;
    }

    /** Shown until there is a backup again. */
    void lostBackup(String because) {
        lostBecause = because;
        detail = because;
    }

    String lostBecause() {
        return lostBecause;
    }

    /** The hand-over under way, null for none. */
    @Nullable Handing handing() {
        return handing;
    }

    void beginHandOver(Handing next) {
        handing = next;
    }

    void endHandOver() {
        handing = null;
    }
}
