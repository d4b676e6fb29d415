package io.understudy.drills.exploration;

import io.understudy.replication.witness.Incarnation;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One connection from a primary to another node, immutable. What is sent on it arrives in order or
 * not at all; each side notices its end by itself.
 *
 * @param id unique in a run
 * @param from index of the node that dialled
 * @param fromLife that node's process
 * @param to index of the other node, -1 while nobody was reached
 * @param toLife that node's process
 * @param source incarnation that dialled
 * @param term it knew then
 * @param call which of its calls it is
 * @param stage how far it is
 * @param peer who took the session, once somebody did
 * @param frames captured and not delivered
 * @param acks given and not delivered
 * @param offer a machine that was offered and not delivered
 * @param primaryGone the dialling side has closed it, or noticed its end
 * @param backupGone the other side has
 */
record Wire(
        int id,
        int from,
        int fromLife,
        int to,
        int toLife,
        Incarnation source,
        long term,
        long call,
        Stage stage,
        @Nullable Incarnation peer,
        List<Frame> frames,
        List<Ack> acks,
        @Nullable Offer offer,
        boolean primaryGone,
        boolean backupGone) {
    enum Stage {
        /** Hello is under way. */
        DIALLED,
        /** It still is, and who sent it has given up. */
        LATE,
        /** Welcome is under way. */
        TAKEN,
        /** Both sides know. */
        OPEN
    }

    /**
     * An epoch on its way.
     *
     * @param said all output of the history as of it
     */
    record Frame(long term, long epoch, String said, boolean completes) {}

    record Ack(Incarnation source, Incarnation destination, long epoch) {}

    record Offer(long term, long epoch, Incarnation successor) {}

    static Wire dial(int id, int from, int fromLife, Incarnation source, long term, long call) {
        return new Wire(
                id,
                from,
                fromLife,
                -1,
                0,
                source,
                term,
                call,
                Stage.DIALLED,
                null,
                List.of(),
                List.of(),
                null,
                false,
                false);
    }

    Wire late() {
        return new Wire(
                id,
                from,
                fromLife,
                to,
                toLife,
                source,
                term,
                call,
                Stage.LATE,
                peer,
                frames,
                acks,
                offer,
                true,
                backupGone);
    }

    Wire taken(int by, int byLife, Incarnation as) {
        return new Wire(
                id,
                from,
                fromLife,
                by,
                byLife,
                source,
                term,
                call,
                Stage.TAKEN,
                as,
                frames,
                acks,
                offer,
                primaryGone,
                backupGone);
    }

    Wire opened() {
        return new Wire(
                id,
                from,
                fromLife,
                to,
                toLife,
                source,
                term,
                call,
                Stage.OPEN,
                peer,
                frames,
                acks,
                offer,
                primaryGone,
                backupGone);
    }

    Wire withFrames(List<Frame> next) {
        return new Wire(
                id,
                from,
                fromLife,
                to,
                toLife,
                source,
                term,
                call,
                stage,
                peer,
                next,
                acks,
                offer,
                primaryGone,
                backupGone);
    }

    Wire withAcks(List<Ack> next) {
        return new Wire(
                id,
                from,
                fromLife,
                to,
                toLife,
                source,
                term,
                call,
                stage,
                peer,
                frames,
                next,
                offer,
                primaryGone,
                backupGone);
    }

    Wire withOffer(@Nullable Offer next) {
        return new Wire(
                id,
                from,
                fromLife,
                to,
                toLife,
                source,
                term,
                call,
                stage,
                peer,
                frames,
                acks,
                next,
                primaryGone,
                backupGone);
    }

    Wire withoutPrimary() {
        return new Wire(
                id,
                from,
                fromLife,
                to,
                toLife,
                source,
                term,
                call,
                stage,
                peer,
                frames,
                acks,
                offer,
                true,
                backupGone);
    }

    Wire withoutBackup() {
        return new Wire(
                id,
                from,
                fromLife,
                to,
                toLife,
                source,
                term,
                call,
                stage,
                peer,
                List.of(),
                acks,
                null,
                primaryGone,
                true);
    }

    /** Nothing of it can matter to anybody any more. */
    boolean isOver() {
        return primaryGone && (backupGone || (to < 0 && stage != Stage.LATE));
    }

    void encode(Hash128 out) {
        out.number(id);
        out.number(from * 100L + fromLife);
        out.number(to * 100L + toLife);
        out.incarnation(source);
        out.number(term * 100 + call);
        out.constant(stage);
        out.incarnation(peer);
        out.number(frames.size());
        for (Frame each : frames) {
            out.number(each.term() * 100 + each.epoch() * 2 + (each.completes() ? 1 : 0));
            out.text(each.said());
        }
        out.number(acks.size());
        for (Ack each : acks) {
            out.incarnation(each.source());
            out.number(each.epoch());
        }
        out.flag(offer != null);
        if (offer != null) {
            out.number(offer.term() * 100 + offer.epoch());
            out.incarnation(offer.successor());
        }
        out.flag(primaryGone);
        out.flag(backupGone);
    }

    static <T> List<T> plus(List<T> list, T one) {
        List<T> longer = new ArrayList<>(list);
        longer.add(one);
        return List.copyOf(longer);
    }

    static <T> List<T> withoutFirst(List<T> list) {
        return List.copyOf(list.subList(1, list.size()));
    }
}
