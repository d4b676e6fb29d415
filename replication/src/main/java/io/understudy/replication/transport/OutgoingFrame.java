package io.understudy.replication.transport;

import io.understudy.checkpoint.encoding.Batch;
import io.understudy.proto.v1.PrimaryFrame;

/** What a primary writes: a message, or a batch that is written without a copy on the heap. */
sealed interface OutgoingFrame {
    record Message(PrimaryFrame frame) implements OutgoingFrame {}

    /** Released when gRPC has written it, or knows that it never will. */
    record BatchFrame(Batch batch) implements OutgoingFrame {}
}
