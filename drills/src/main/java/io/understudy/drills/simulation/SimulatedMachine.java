package io.understudy.drills.simulation;

/** A machine that says numbers, and as much of its checkpoints as the protocol sees of them. */
final class SimulatedMachine {
    private static final int IN_FLIGHT_MAX = 2;
    private static final long COPY_EPOCHS_MAX = 4;

    /**
     * One checkpoint on its way.
     *
     * @param content what the image is once it is applied; a mixture, of which nobody may rely on
     *     anything, until the copy is whole
     */
    record Checkpoint(long epoch, int offset, boolean completesImage, History content) {}

    private final World world;
    private History history = new History();
    private boolean isRunning;
    private boolean isCapturing;
    private int epochsUntilWhole;
    private long epoch;
    private int inFlight;

    SimulatedMachine(World world) {
        this.world = world;
    }

    /** Everything it has said. */
    History history() {
        return history;
    }

    /** Number of the epoch that is being filled. */
    long fillingEpoch() {
        return epoch + 1;
    }

    boolean isCapturing() {
        return isCapturing;
    }

    void run() {
        isRunning = true;
    }

    void stop() {
        isRunning = false;
        isCapturing = false;
    }

    /** Goes on from an image. */
    void restore(History image, long imageEpoch) {
        history = image.copy(image.length());
        epoch = imageEpoch;
        inFlight = 0;
        isCapturing = false;
    }

    void startFullCopy() {
        isCapturing = true;
        inFlight = 0;
        epochsUntilWhole = (int) world.between(1, COPY_EPOCHS_MAX);
    }

    void abortEpochs() {
        isCapturing = false;
        inFlight = 0;
    }

    void settle() {
        inFlight = 0;
    }

    /** Runs for a while. */
    void work() {
        if (isRunning) {
            for (long i = world.between(0, 2); i > 0; i--) {
                history.say(world.unique());
            }
        }
    }

    boolean mayCapture() {
        return isRunning && isCapturing && inFlight < IN_FLIGHT_MAX;
    }

    Checkpoint capture() {
        epoch++;
        inFlight++;
        if (epochsUntilWhole > 0) {
            epochsUntilWhole--;
        }
        boolean whole = epochsUntilWhole == 0;
        int offset = history.length();
        return new Checkpoint(
                epoch,
                offset,
                whole || world.plant == SimulationPlant.HALF_COPY_COUNTS,
                whole ? history.copy(offset) : new History());
    }
}
