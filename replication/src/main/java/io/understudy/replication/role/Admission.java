package io.understudy.replication.role;

import static io.understudy.replication.rule.ProtocolRule.CALLS_COUNT_UPWARDS;

import io.understudy.replication.role.BackupEvent.SessionOffered;
import io.understudy.replication.rule.RuleBook;
import io.understudy.replication.witness.Incarnation;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which Hello a backup takes. Taking one costs the image that it has, so a Hello that its sender
 * gave up long ago must not count: by its term if somebody else holds the machine now, by the
 * number of its call if it is still the same holder (docs/PROTOCOL.md rule 14).
 */
final class Admission {
    sealed interface Ruling {
        record Take() implements Ruling {}

        /** It is of a term that is over. */
        record Stale() implements Ruling {}

        /**
         * @param why one sentence, for whoever called
         */
        record Refuse(String why) implements Ruling {}
    }

    private final RuleBook rules;

    /** Whose call was taken last, null before the first. */
    private @Nullable Incarnation caller;

    private long call;

    Admission(RuleBook rules) {
        this.rules = rules;
    }

    Admission copy() {
        Admission copy = new Admission(rules);
        copy.caller = caller;
        copy.call = call;
        return copy;
    }

    void encode(StateSink out) {
        out.incarnation(caller);
        out.number(call);
    }

    /**
     * @param image of the node
     * @param knownTerm highest term of the image's lineage that the node heard of
     */
    Ruling judge(SessionOffered offer, ImageCustody image, long knownTerm) {
        UUID mine = image.lineage();
        if (!image.damage().isEmpty()) {
            return new Ruling.Refuse(
                    "%s keeps a damaged image for analysis (%s); restart it to let it go"
                            .formatted(image.self(), image.damage()));
        }
        if (mine != null && !mine.equals(offer.lineage()) && image.isWhole()) {
            return new Ruling.Refuse(
                    "%s holds an image of lineage %s, not of %s; restart it to let it go"
                            .formatted(image.self(), mine, offer.lineage()));
        }
        if (offer.lineage().equals(mine) && offer.term() < knownTerm) {
            return new Ruling.Stale();
        }
        if (isLate(offer) && rules.enforces(CALLS_COUNT_UPWARDS)) {
            return new Ruling.Refuse(
                    "%s has taken call %d of %s already, and does not go back to call %d"
                            .formatted(image.self(), call, offer.source(), offer.call()));
        }
        return new Ruling.Take();
    }

    /** Of one term there is one holder, so only its own calls need an order. */
    private boolean isLate(SessionOffered offer) {
        return offer.source().equals(caller) && offer.call() <= call;
    }

    void taken(SessionOffered offer) {
        caller = offer.source();
        call = offer.call();
    }
}
