package io.understudy.drills.cost;

/**
 * One line of a modelled time: so many events at such a price.
 *
 * @param column where it counts
 * @param parameter the price
 * @param count mean number of events in an epoch
 * @param ns modelled time of all of them
 */
public record CostTerm(Column column, CostParameter parameter, double count, double ns) {
    /** Kinds of time that are never mixed. */
    public enum Column {
        /** The guest by itself. */
        BASE,
        /** Taken from the guest while it runs. */
        STOLEN,
        /** Dirty tracking inside the pause. */
        PAUSE,
        /** Copying of pages inside the pause. */
        COPY
    }
}
