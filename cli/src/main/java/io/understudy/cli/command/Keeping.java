package io.understudy.cli.command;

import io.understudy.checkpoint.apply.EpochObserver;
import io.understudy.checkpoint.keep.EpochKeeper;
import io.understudy.checkpoint.keep.KeepStatus;
import org.jspecify.annotations.Nullable;

/** What a node keeps on disk, if anything. */
final class Keeping implements AutoCloseable {
    static final Keeping NOTHING = new Keeping(null);

    private final @Nullable EpochKeeper keeper;

    Keeping(@Nullable EpochKeeper keeper) {
        this.keeper = keeper;
    }

    EpochObserver observer() {
        EpochKeeper its = keeper;
        return its == null ? EpochObserver.NONE : its;
    }

    /** Null if nothing is kept. */
    @Nullable KeepStatus status() {
        EpochKeeper its = keeper;
        return its == null ? null : its.status();
    }

    /** Writes out what is buffered. The node must have ended. */
    @Override
    public void close() {
        EpochKeeper its = keeper;
        if (its != null) {
            its.close();
        }
    }
}
