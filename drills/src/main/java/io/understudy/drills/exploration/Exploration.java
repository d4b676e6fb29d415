package io.understudy.drills.exploration;

import io.understudy.checkpoint.Invariant;
import io.understudy.replication.rule.ProtocolRule;
import io.understudy.replication.rule.RuleBook;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Breadth first, so that a counterexample is as short as any. */
public final class Exploration {
    /**
     * What came of it.
     *
     * @param states distinct ones that were reached
     * @param steps taken from state to state
     * @param depth of the search, in steps from the first state
     * @param isExhausted every state within the bounds was reached
     * @param broken the invariant that does not hold, empty if all do
     * @param trace how to break it, from the first state on
     */
    public record Result(
            Bounds bounds,
            int states,
            long steps,
            int depth,
            boolean isExhausted,
            Optional<String> broken,
            List<String> trace) {
        @Override
        public String toString() {
            String verdict =
                    broken.orElse(
                            isExhausted
                                    ? "exhausted, every invariant holds"
                                    : "bound on states reached, every invariant holds");
            StringBuilder told = new StringBuilder();
            trace.forEach(line -> told.append(System.lineSeparator()).append("  ").append(line));
            return "%s: %,d states, %,d steps, depth %d (%s)%s"
                    .formatted(verdict, states, steps, depth, bounds, told);
        }
    }

    private final Bounds bounds;
    private final Expansion expansion;
    private final VisitedSet visited = new VisitedSet();
    private final ArrayDeque<State> frontier = new ArrayDeque<>();

    // How each state was reached, by its number.
    private int[] parents = new int[1 << 16];
    private String[] labels = new String[1 << 16];
    private long steps;

    private Exploration(Bounds bounds, RuleBook rules) {
        this.bounds = bounds;
        this.expansion = new Expansion(bounds, rules);
    }

    /**
     * @param leftOut rules that are not in force, to show what breaks
     */
    public static Result run(Bounds bounds, Set<ProtocolRule> leftOut) {
        RuleBook rules =
                new RuleBook() {
                    @Override
                    public boolean enforces(ProtocolRule rule) {
                        return !leftOut.contains(rule);
                    }

                    @Override
                    public boolean isComplete() {
                        return leftOut.isEmpty();
                    }
                };
        return new Exploration(bounds, rules).search();
    }

    private Result search() {
        State first = expansion.first();
        enter(first, 0, "");
        int depth = 0;
        while (!frontier.isEmpty() && visited.size() < bounds.statesMax()) {
            depth++;
            for (int left = frontier.size(); left > 0; left--) {
                State state = frontier.remove();
                String[] under = {""};
                try {
                    expansion.expand(
                            state,
                            (label, next) -> {
                                under[0] = label;
                                steps++;
                                enter(next, state.number, label);
                                InvariantsOfStates.look(next);
                            });
                } catch (Broken | Invariant.Violation e) {
                    return broken(depth, state, under[0], String.valueOf(e.getMessage()));
                }
                if (visited.size() >= bounds.statesMax()) {
                    break;
                }
            }
        }
        return new Result(
                bounds,
                visited.size(),
                steps,
                depth,
                frontier.isEmpty(),
                Optional.empty(),
                List.of());
    }

    private void enter(State state, int parent, String label) {
        Hash128 hash = state.hash();
        if (!visited.add(hash.high(), hash.low())) {
            return;
        }
        int number = visited.size() - 1;
        if (number == parents.length) {
            parents = Arrays.copyOf(parents, number * 2);
            labels = Arrays.copyOf(labels, number * 2);
        }
        parents[number] = parent;
        labels[number] = label;
        state.number = number;
        frontier.add(state);
    }

    private Result broken(int depth, State at, String lastLabel, String message) {
        List<String> trace = new ArrayList<>();
        for (int number = at.number; number > 0; number = parents[number]) {
            trace.add(labels[number]);
        }
        Collections.reverse(trace);
        trace.add("then, or after \"" + lastLabel + "\": " + message);
        return new Result(bounds, visited.size(), steps, depth, false, Optional.of(message), trace);
    }
}
