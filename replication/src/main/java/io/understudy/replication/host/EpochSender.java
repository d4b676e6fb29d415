package io.understudy.replication.host;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.encoding.EncodedEpoch;
import io.understudy.replication.transport.FrameCodec;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.LongSupplier;

/**
 * The thread that encodes captured checkpoints and writes them to their session, so that neither
 * the guest nor the loop waits for a slow link. Bounded by the checkpoints that may be in flight.
 */
final class EpochSender implements AutoCloseable {
    private sealed interface Work {}

    private record Send(EpochRecord epoch) implements Work {}

    private record EndSession(OutgoingSession session) implements Work {}

    /** Hears what came of encoding; called from the sender's thread, must not block. */
    interface Events {
        /** Memory is not what was sent: the session is of no use any more. */
        void auditFailed(OutgoingSession session, String sentence);

        void failed(Throwable t);
    }

    private final LinkedBlockingQueue<Work> work = new LinkedBlockingQueue<>(HostLoop.TASKS_MAX);
    private final LongSupplier nowNs;
    private final Events events;
    private final Thread thread;

    EpochSender(LongSupplier nowNs, Events events) {
        this.nowNs = nowNs;
        this.events = events;
        this.thread = Thread.ofPlatform().name("epoch-sender").daemon(true).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    void send(EpochRecord epoch) {
        work.add(new Send(epoch));
    }

    /** Lets go of the session's encoder, after what was sent before. Its link is closed already. */
    void endSession(OutgoingSession session) {
        work.add(new EndSession(session));
    }

    /** The sessions' links must be closed before: nothing else ends a wait for a slow reader. */
    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        for (Work each : work) {
            if (each instanceof EndSession(OutgoingSession session)) {
                session.encoder().close();
            }
        }
    }

    private void run() {
        try {
            while (true) {
                switch (work.take()) {
                    case Send(EpochRecord epoch) -> encodeAndSend(epoch);
                    case EndSession(OutgoingSession session) -> session.encoder().close();
                }
            }
        } catch (InterruptedException e) {
            // Closed.
        } catch (RuntimeException | Error e) {
            events.failed(e);
        }
    }

    private void encodeAndSend(EpochRecord epoch) throws InterruptedException {
        long beganNs = nowNs.getAsLong();
        OutgoingSession session = epoch.session;
        EncodedEpoch encoded;
        try {
            encoded = session.encoder().encode(epoch.checkpoint, session);
        } catch (CorruptStateException e) {
            events.auditFailed(session, String.valueOf(e.getMessage()));
            return;
        }
        if (encoded == null) {
            // Aborted, or the session is over: the loop hears of that from elsewhere.
            return;
        }
        long sentNs = nowNs.getAsLong();
        epoch.statistics = encoded.statistics();
        epoch.sendNs = sentNs - beganNs;
        epoch.sentNs = sentNs;
        session.link().send(FrameCodec.encode(encoded.trailer()));
    }
}
