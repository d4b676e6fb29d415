package io.understudy.replication.witness;

import java.util.UUID;
import java.util.random.RandomGenerator;

/**
 * A node between two losses of its image: a name that people know and 128 random bits that are
 * drawn anew at every process start and whenever the node discards its image (docs/PROTOCOL.md,
 * "Register"). Never persisted by the node itself, so a restarted node cannot be mistaken for the
 * one that had an image.
 *
 * @param nodeId 1 to 64 characters; only {@code unique} tells two incarnations apart
 */
public record Incarnation(String nodeId, UUID unique) {
    public static final int NODE_ID_CHARS_MAX = 64;

    public Incarnation {
        if (nodeId.isEmpty() || nodeId.length() > NODE_ID_CHARS_MAX) {
            throw new IllegalArgumentException(
                    "a node id has 1 to %d characters, not %d"
                            .formatted(NODE_ID_CHARS_MAX, nodeId.length()));
        }
    }

    public static Incarnation draw(String nodeId, RandomGenerator random) {
        return new Incarnation(nodeId, new UUID(random.nextLong(), random.nextLong()));
    }

    /** Name and first eight digits: enough for people to tell incarnations apart. */
    @Override
    public String toString() {
        return nodeId + "#" + unique.toString().substring(0, 8);
    }
}
