package io.understudy.replication.role;

import static io.understudy.replication.rule.ProtocolRule.INCARNATION_IS_NEW;

import io.understudy.checkpoint.Invariant;
import io.understudy.replication.role.BackupAction.DiscardImage;
import io.understudy.replication.rule.RuleBook;
import io.understudy.replication.witness.Incarnation;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The image that a backup has, and under which incarnation (docs/PROTOCOL.md rules 4 and 11).
 * Invariant: an image is never discarded under the incarnation that had it.
 */
final class ImageCustody {
    private final RuleBook rules;
    private final Supplier<Incarnation> incarnations;
    private final Decisions<BackupAction> decisions;
    private Incarnation self;
    private @Nullable UUID lineage;
    private long receivedEpoch;
    private long acknowledgedEpoch = -1;
    private long acknowledgedOffset;
    private boolean isTouched;

    /** Why the image must neither be used nor overwritten, empty while it is sound. */
    private String damage = "";

    /**
     * @param incarnations draws a fresh incarnation of this node at each call
     */
    ImageCustody(
            Incarnation self,
            Supplier<Incarnation> incarnations,
            RuleBook rules,
            Decisions<BackupAction> decisions) {
        this.self = self;
        this.incarnations = incarnations;
        this.rules = rules;
        this.decisions = decisions;
    }

    ImageCustody copy(Supplier<Incarnation> others, Decisions<BackupAction> theirs) {
        ImageCustody copy = new ImageCustody(self, others, rules, theirs);
        copy.lineage = lineage;
        copy.receivedEpoch = receivedEpoch;
        copy.acknowledgedEpoch = acknowledgedEpoch;
        copy.acknowledgedOffset = acknowledgedOffset;
        copy.isTouched = isTouched;
        copy.damage = damage;
        return copy;
    }

    void encode(StateSink out) {
        out.incarnation(self);
        out.flag(lineage != null);
        out.number(receivedEpoch);
        out.number(acknowledgedEpoch);
        out.number(acknowledgedOffset);
        out.flag(isTouched);
        out.flag(!damage.isEmpty());
    }

    /** Has a whole image to begin with (rule 12). */
    void hold(UUID ofLineage, long epoch, long outputOffset) {
        lineage = ofLineage;
        acknowledgedEpoch = epoch;
        acknowledgedOffset = outputOffset;
        receivedEpoch = epoch;
        isTouched = true;
    }

    Incarnation self() {
        return self;
    }

    /** Whose image it is, or would be; null before anybody offered one. */
    @Nullable UUID lineage() {
        return lineage;
    }

    void belongTo(UUID other) {
        lineage = other;
    }

    /** Highest epoch acknowledged with a whole image, -1 for none. */
    long acknowledgedEpoch() {
        return acknowledgedEpoch;
    }

    /** Console output that it covers. */
    long acknowledgedOffset() {
        return acknowledgedOffset;
    }

    boolean isWhole() {
        return acknowledgedEpoch >= 0;
    }

    /** Whether anything was ever written to it, as long as it is sound. */
    boolean isTouchedAndSound() {
        return isTouched && damage.isEmpty();
    }

    String damage() {
        return damage;
    }

    /** Promise 2: it is no committed epoch any more, and stays as it is. */
    void damaged(String sentence) {
        damage = sentence;
        acknowledgedEpoch = -1;
    }

    /** A session begins: its epochs are counted anew. */
    void await() {
        receivedEpoch = 0;
    }

    /** The next epoch of the session is in staging. */
    void receive(long epoch) {
        Invariant.check(epoch > receivedEpoch, "epochs are staged in order (rule 4)");
        receivedEpoch = epoch;
        isTouched = true;
    }

    /** Rule 4: from here on the epoch is never dropped, and the image is whole. */
    void acknowledge(long epoch, long outputOffset) {
        acknowledgedEpoch = epoch;
        acknowledgedOffset = outputOffset;
    }

    /** Rule 11: whoever discards an image is somebody else from then on. */
    void discard() {
        if (isTouched) {
            isTouched = false;
            acknowledgedEpoch = -1;
            if (rules.enforces(INCARNATION_IS_NEW)) {
                self = incarnations.get();
            }
            decisions.add(new DiscardImage());
        }
    }
}
