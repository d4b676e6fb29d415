package io.understudy.replication.witness;

import io.understudy.replication.witness.WitnessAnswer.Unreachable;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Asks the witness: one process, or the peers of a cluster, of which each that is up finds whoever
 * can answer. Every question gets exactly one {@link WitnessAnswer}, at the deadline at the latest;
 * what an unanswered one did to the register is unknown.
 *
 * <p>Peers are asked one after the other, beginning with the one that answered last. All get the
 * same request with the same nonce, so that the answer is the first one's even if it was lost. All
 * must be of one cluster: two witnesses that know nothing of each other would be two registers.
 */
public final class WitnessClient implements AutoCloseable {
    private final Duration deadline;
    private final List<WitnessChannel> peers;

    /** The cluster that answered first, for ever. Unused with one address. */
    private final AtomicReference<@Nullable ClusterId> cluster = new AtomicReference<>();

    private volatile int preferred;

    /**
     * @param addresses at least one
     * @param deadline for one question, all peers together
     */
    public WitnessClient(List<InetSocketAddress> addresses, Duration deadline) {
        if (addresses.isEmpty()) {
            throw new IllegalArgumentException("a witness has at least one address");
        }
        this.deadline = deadline;
        this.peers = addresses.stream().map(WitnessChannel::new).toList();
    }

    /**
     * Never blocks.
     *
     * @param whenAnswered called once, from a thread of the transport; must not block
     */
    public void ask(RegisterRequest request, Consumer<WitnessAnswer> whenAnswered) {
        new Question(request, whenAnswered, preferred, System.nanoTime()).next(null);
    }

    @Override
    public void close() {
        peers.forEach(WitnessChannel::close);
    }

    /** One request on its way round the peers. Moves on from one thread at a time. */
    private final class Question {
        private final RegisterRequest request;
        private final Consumer<WitnessAnswer> whenAnswered;
        private final int first;
        private final long beganNs;
        private int asked;

        Question(
                RegisterRequest request,
                Consumer<WitnessAnswer> whenAnswered,
                int first,
                long beganNs) {
            this.request = request;
            this.whenAnswered = whenAnswered;
            this.first = first;
            this.beganNs = beganNs;
        }

        /**
         * @param silence what came of the peer before, null if this is the first
         */
        void next(@Nullable Unreachable silence) {
            int left = peers.size() - asked;
            long leftNs = deadline.toNanos() - (System.nanoTime() - beganNs);
            if (silence != null && (left == 0 || leftNs <= 0)) {
                whenAnswered.accept(silence);
                return;
            }
            int peer = (first + asked) % peers.size();
            asked++;
            // A peer that does not answer leaves the others their share.
            peers.get(peer).ask(request, Math.max(1, leftNs / left), heard -> hear(peer, heard));
        }

        private void hear(int peer, WitnessChannel.Heard heard) {
            switch (heard.answer()) {
                case Unreachable silence -> next(silence);
                case WitnessAnswer.Replied replied -> {
                    String objection = objection(heard.cluster());
                    if (objection != null) {
                        next(peers.get(peer).unreachable(objection));
                        return;
                    }
                    preferred = peer;
                    whenAnswered.accept(replied);
                }
            }
        }

        /** Why the answer cannot count, or null. */
        private @Nullable String objection(@Nullable ClusterId from) {
            if (peers.size() == 1) {
                return null;
            }
            if (from == null) {
                return "is no peer of a cluster, and cannot be one of several witnesses";
            }
            ClusterId known = cluster.compareAndExchange(null, from);
            return known == null || known.equals(from)
                    ? null
                    : "is of cluster %s, and another witness is of %s".formatted(from, known);
        }
    }
}
