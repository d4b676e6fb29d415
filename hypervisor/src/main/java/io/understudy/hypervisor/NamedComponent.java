package io.understudy.hypervisor;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.StateComponent;
import io.understudy.checkpoint.StateReader;
import io.understudy.checkpoint.StateWriter;

/** A component of one of two machines, under a name of its own. */
record NamedComponent(String name, StateComponent of) implements StateComponent {
    @Override
    public int version() {
        return of.version();
    }

    @Override
    public void save(StateWriter out) {
        of.save(out);
    }

    @Override
    public void restore(StateReader in) throws CorruptStateException {
        of.restore(in);
    }
}
