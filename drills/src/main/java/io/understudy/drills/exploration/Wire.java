package io.understudy.drills.exploration;

import io.understudy.replication.witness.Incarnation;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One connection from a primary to another node, immutable: what happens to it gives a copy. What
 * is sent on it arrives in order or not at all; each side notices its end by itself.
 */
final class Wire {
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

    private final int id;
    private final int from;
    private final int fromLife;
    private final Incarnation source;
    private final long term;
    private final long call;

    // Written before anyone else sees the object, never after.
    private int to = -1;
    private int toLife;
    private Stage stage = Stage.DIALLED;
    private @Nullable Incarnation peer;
    private List<Frame> frames = List.of();
    private List<Ack> acks = List.of();
    private @Nullable Offer offer;
    private boolean primaryGone;
    private boolean backupGone;

    private Wire(int id, int from, int fromLife, Incarnation source, long term, long call) {
        this.id = id;
        this.from = from;
        this.fromLife = fromLife;
        this.source = source;
        this.term = term;
        this.call = call;
    }

    static Wire dial(int id, int from, int fromLife, Incarnation source, long term, long call) {
        return new Wire(id, from, fromLife, source, term, call);
    }

    private Wire with(Consumer<Wire> change) {
        Wire copy = new Wire(id, from, fromLife, source, term, call);
        copy.to = to;
        copy.toLife = toLife;
        copy.stage = stage;
        copy.peer = peer;
        copy.frames = frames;
        copy.acks = acks;
        copy.offer = offer;
        copy.primaryGone = primaryGone;
        copy.backupGone = backupGone;
        change.accept(copy);
        return copy;
    }

    Wire late() {
        return with(w -> {
            w.stage = Stage.LATE;
            w.primaryGone = true;
        });
    }

    Wire taken(int by, int byLife, Incarnation as) {
        return with(w -> {
            w.to = by;
            w.toLife = byLife;
            w.stage = Stage.TAKEN;
            w.peer = as;
        });
    }

    Wire opened() {
        return with(w -> w.stage = Stage.OPEN);
    }

    Wire withFrames(List<Frame> next) {
        return with(w -> w.frames = next);
    }

    Wire withAcks(List<Ack> next) {
        return with(w -> w.acks = next);
    }

    Wire withOffer(@Nullable Offer next) {
        return with(w -> w.offer = next);
    }

    Wire withoutPrimary() {
        return with(w -> w.primaryGone = true);
    }

    Wire withoutBackup() {
        return with(w -> {
            w.frames = List.of();
            w.offer = null;
            w.backupGone = true;
        });
    }

    /** Unique in a run. */
    int id() {
        return id;
    }

    /** Index of the node that dialled. */
    int from() {
        return from;
    }

    /** That node's process. */
    int fromLife() {
        return fromLife;
    }

    /** Index of the other node, -1 while nobody was reached. */
    int to() {
        return to;
    }

    /** That node's process. */
    int toLife() {
        return toLife;
    }

    /** Incarnation that dialled. */
    Incarnation source() {
        return source;
    }

    /** What it knew then. */
    long term() {
        return term;
    }

    /** Which of its calls it is. */
    long call() {
        return call;
    }

    /** How far it is. */
    Stage stage() {
        return stage;
    }

    /** Who took the session, once somebody did. */
    @Nullable Incarnation peer() {
        return peer;
    }

    /** Captured and not delivered. */
    List<Frame> frames() {
        return frames;
    }

    /** Given and not delivered. */
    List<Ack> acks() {
        return acks;
    }

    /** A machine that was offered and not delivered. */
    @Nullable Offer offer() {
        return offer;
    }

    /** The dialling side has closed it, or noticed its end. */
    boolean primaryGone() {
        return primaryGone;
    }

    /** The other side has. */
    boolean backupGone() {
        return backupGone;
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
