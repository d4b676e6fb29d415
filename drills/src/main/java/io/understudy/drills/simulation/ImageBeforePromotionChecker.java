package io.understudy.drills.simulation;

/**
 * Promise 4: nobody goes live without a whole image, or without having won the machine. Asks the
 * image and the register, not the role.
 */
final class ImageBeforePromotionChecker extends Checker {
    ImageBeforePromotionChecker() {
        super(CheckerName.IMAGE_BEFORE_PROMOTION);
    }

    @Override
    void promoting(SimulatedNode by, boolean isImageWhole, boolean isHolder) {
        if (!isImageWhole) {
            throw broken("%s goes live without a whole image".formatted(by));
        }
        if (!isHolder) {
            throw broken("%s goes live and the register does not name it".formatted(by));
        }
    }
}
