package io.understudy.drills.exploration;

/**
 * What an exploration is limited to. Within these bounds it is exhaustive if it ends by itself.
 *
 * @param nodes how many
 * @param writes outputs of the guest in one history
 * @param epochs captures in one history
 * @param terms highest term of the register
 * @param sessions connections ever dialled
 * @param crashes of any node
 * @param restarts of crashed nodes
 * @param switchovers wishes of the operator
 * @param statesMax the search stops here, undecided
 * @param hellosComeLate whether a Hello may still arrive after its sender gave the call up
 */
public record Bounds(
        int nodes,
        int writes,
        int epochs,
        int terms,
        int sessions,
        int crashes,
        int restarts,
        int switchovers,
        int statesMax,
        boolean hellosComeLate) {
    /** A call that its sender gave up is over. */
    public Bounds(
            int nodes,
            int writes,
            int epochs,
            int terms,
            int sessions,
            int crashes,
            int restarts,
            int switchovers,
            int statesMax) {
        this(
                nodes,
                writes,
                epochs,
                terms,
                sessions,
                crashes,
                restarts,
                switchovers,
                statesMax,
                false);
    }

    public Bounds withLateHellos() {
        return new Bounds(
                nodes,
                writes,
                epochs,
                terms,
                sessions,
                crashes,
                restarts,
                switchovers,
                statesMax,
                true);
    }

    @Override
    public String toString() {
        return ("%d nodes, %d writes, %d epochs, %d terms, %d sessions, %d crashes, %d restarts,"
                        + " %d switchovers%s")
                .formatted(
                        nodes,
                        writes,
                        epochs,
                        terms,
                        sessions,
                        crashes,
                        restarts,
                        switchovers,
                        hellosComeLate ? ", late Hellos" : "");
    }
}
