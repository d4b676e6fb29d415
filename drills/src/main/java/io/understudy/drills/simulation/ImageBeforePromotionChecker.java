package io.understudy.drills.simulation;

import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.Register;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Promise 4: nobody goes live without a whole image, or without having won the machine. Asks the
 * image and what the witness wrote, not the role.
 *
 * <p>Whoever won alone opens its gate at once, so the register must say so at that moment: nobody
 * else can have changed it. A hand-over is won paired, with the gate closed (rule 12), and the
 * predecessor may have taken the machine back before the winner hears of its win: then it is enough
 * that the witness once wrote it.
 */
final class ImageBeforePromotionChecker extends Checker {
    private final List<Register> written = new ArrayList<>();

    ImageBeforePromotionChecker() {
        super(CheckerName.IMAGE_BEFORE_PROMOTION);
    }

    @Override
    void registerChanges(@Nullable Register before, Register after) {
        written.add(after);
    }

    @Override
    void promoting(
            Incarnation by, boolean isImageWhole, Register won, @Nullable Register register) {
        if (!isImageWhole) {
            throw broken("%s goes live without a whole image".formatted(by));
        }
        boolean isPaired = won.mode() == Register.Mode.PAIRED;
        boolean isTrue = won.equals(register) || (isPaired && written.contains(won));
        if (!won.isHeldBy(by) || !isTrue) {
            throw broken("%s goes live by %s, the register says %s".formatted(by, won, register));
        }
    }
}
