package io.understudy.checkpoint.verify;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** {@code docs/formats/machine-state.md}: whether a state has the components of a machine. */
final class StateFraming {
    private static final int NAME_MAX = 255;

    private StateFraming() {}

    /**
     * @param components name and version of each, in order, as "name 1"
     */
    static boolean fits(byte[] state, List<String> components) {
        ByteBuffer in = ByteBuffer.wrap(state).order(ByteOrder.LITTLE_ENDIAN);
        try {
            byte[] magic = new byte[4];
            in.get(magic);
            boolean fits =
                    new String(magic, ISO_8859_1).equals("UST1")
                            && in.getInt() == components.size();
            for (int i = 0; fits && i < components.size(); i++) {
                int nameBytes = in.getInt();
                if (nameBytes < 0 || nameBytes > NAME_MAX) {
                    return false;
                }
                byte[] name = new byte[nameBytes];
                in.get(name);
                long version = Integer.toUnsignedLong(in.getInt());
                fits = components.get(i).equals(new String(name, UTF_8) + " " + version);
                int stateBytes = in.getInt();
                if (stateBytes < 0 || stateBytes > in.remaining()) {
                    return false;
                }
                in.position(in.position() + stateBytes);
            }
            return fits && !in.hasRemaining();
        } catch (BufferUnderflowException e) {
            return false;
        }
    }
}
