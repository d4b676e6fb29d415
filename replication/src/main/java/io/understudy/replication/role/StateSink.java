package io.understudy.replication.role;

import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.Register;
import org.jspecify.annotations.Nullable;

/**
 * Takes the state of a role, field by field in a fixed order: two roles that write the same will
 * behave the same from then on, except for when their timers fire. That is how an exploration tells
 * states it has seen from new ones.
 */
public interface StateSink {
    void number(long value);

    void incarnation(@Nullable Incarnation value);

    default void flag(boolean value) {
        number(value ? 1 : 0);
    }

    default void constant(Enum<?> value) {
        number(value.name().hashCode());
    }

    /** Lineage left out: a role knows one. */
    default void register(@Nullable Register value) {
        flag(value != null);
        if (value != null) {
            number(value.term());
            incarnation(value.holder());
            incarnation(value.backup());
            number(value.floor());
        }
    }
}
