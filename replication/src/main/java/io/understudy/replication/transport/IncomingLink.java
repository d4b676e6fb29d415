package io.understudy.replication.transport;

import io.grpc.stub.ServerCallStreamObserver;
import io.understudy.proto.v1.BackupFrame;
import io.understudy.replication.witness.Incarnation;

/**
 * The receiving end of one session. Frames come in as fast as {@link #taken} says that earlier ones
 * were dealt with. Thread-safe.
 */
public final class IncomingLink {
    private final long id;
    private final ServerCallStreamObserver<BackupFrame> stream;
    private boolean isOver;

    IncomingLink(long id, ServerCallStreamObserver<BackupFrame> stream) {
        this.id = id;
        this.stream = stream;
    }

    /** Unique within this process. */
    public long id() {
        return id;
    }

    public void sendWelcome(Incarnation self) {
        send(FrameCodec.welcome(self));
    }

    public void sendHeartbeat(long term, long progress) {
        send(FrameCodec.backupHeartbeat(term, progress));
    }

    public void sendStale(long term) {
        send(FrameCodec.stale(term));
    }

    /**
     * @param session as the primary called it
     */
    public void sendAcknowledgement(
            long session,
            Incarnation source,
            Incarnation destination,
            long epoch,
            boolean wholeImage) {
        send(FrameCodec.acknowledgement(session, source, destination, epoch, wholeImage));
    }

    /** One frame was dealt with: one more may come. */
    public synchronized void taken() {
        if (!isOver) {
            stream.request(1);
        }
    }

    /** Says why and ends the session. */
    public synchronized void close(String reason) {
        if (markOver()) {
            stream.onNext(FrameCodec.refusal(reason));
            stream.onCompleted();
        }
    }

    /** Ends the session without a word. Returns false if it was over already. */
    synchronized boolean complete() {
        if (!markOver()) {
            return false;
        }
        stream.onCompleted();
        return true;
    }

    /** The stream is gone. Returns false if the session was over already. */
    synchronized boolean markOver() {
        boolean wasOpen = !isOver;
        isOver = true;
        return wasOpen;
    }

    private synchronized void send(BackupFrame frame) {
        if (!isOver) {
            stream.onNext(frame);
        }
    }
}
