package io.understudy.replication.role;

import java.util.ArrayList;
import java.util.List;

/** What a role and its parts decide in one step, in order. */
final class Decisions<A> {
    private List<A> list = new ArrayList<>();

    /** A step begins: what it decides goes into a list of its own, which is never reused. */
    List<A> begin() {
        list = new ArrayList<>();
        return list;
    }

    void add(A action) {
        list.add(action);
    }
}
