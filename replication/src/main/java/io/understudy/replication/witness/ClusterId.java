package io.understudy.replication.witness;

import java.util.UUID;

/** Names one cluster of witness peers; drawn when it is founded. */
public record ClusterId(UUID unique) {
    /** The first eight digits: enough for people. */
    @Override
    public String toString() {
        return unique.toString().substring(0, 8);
    }
}
