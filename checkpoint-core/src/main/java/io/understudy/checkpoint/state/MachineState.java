package io.understudy.checkpoint.state;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.MachineLayout;
import io.understudy.checkpoint.StateComponent;
import io.understudy.checkpoint.StateReader;
import io.understudy.checkpoint.StateWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * Saves and restores all components of a machine. Little-endian:
 *
 * <pre>
 *  0 magic u32 "UST1"
 *  4 components u32
 *  then each: name {length u32, UTF-8} | version u32 | state {length u32, bytes}
 * </pre>
 */
public final class MachineState {
    /** "UST1" in the order of its bytes. */
    public static final int MAGIC = 'U' | 'S' << 8 | 'T' << 16 | '1' << 24;

    public static final int COMPONENTS_MAX = 1024;
    public static final int NAME_BYTES_MAX = 255;

    private MachineState() {}

    /** Appends the state of every component. The machine must be paused. */
    public static void save(List<StateComponent> components, StateWriter out) {
        out.u32(MAGIC).u32(components.size());
        for (StateComponent component : components) {
            byte[] name = component.name().getBytes(UTF_8);
            out.bytes(name, 0, name.length).u32(component.version());
            int lengthAt = out.size();
            out.u32(0);
            component.save(out);
            out.u32At(lengthAt, out.size() - lengthAt - Integer.BYTES);
        }
    }

    /**
     * Checks the framing against a layout and returns the bytes of each component, in the layout's
     * order. Changes nothing.
     */
    public static List<byte[]> split(MachineLayout layout, byte[] state)
            throws CorruptStateException {
        StateReader in = new StateReader("machine state", state);
        if (in.u32("magic") != MAGIC) {
            throw in.corrupt("magic", "is not UST1");
        }
        int count = in.u32("component count");
        if (count != layout.components().size()) {
            throw in.corrupt(
                    "component count",
                    "is %d, this machine has %d".formatted(count, layout.components().size()));
        }
        List<byte[]> parts = new ArrayList<>(count);
        for (MachineLayout.Component expected : layout.components()) {
            String name = new String(in.bytes("component name", NAME_BYTES_MAX), UTF_8);
            int version = in.u32("component version");
            if (!name.equals(expected.name()) || version != expected.version()) {
                throw in.corrupt(
                        "component",
                        "is %s version %d, this machine needs %s version %d"
                                .formatted(name, version, expected.name(), expected.version()));
            }
            parts.add(in.bytes("state of " + name, StateWriter.BYTES_MAX));
        }
        in.end();
        return parts;
    }

    /**
     * Restores every component. If one refuses its state, those before it have been changed: the
     * machine must not run until another restore has succeeded.
     */
    public static void restore(MachineLayout layout, List<StateComponent> components, byte[] state)
            throws CorruptStateException {
        List<byte[]> parts = split(layout, state);
        for (int i = 0; i < parts.size(); i++) {
            StateComponent component = components.get(i);
            component.restore(new StateReader("state of " + component.name(), parts.get(i)));
        }
    }
}
