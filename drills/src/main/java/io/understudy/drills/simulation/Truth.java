package io.understudy.drills.simulation;

/**
 * What an epoch really was when it was captured, by means that no part of the product uses. It
 * travels beside the epoch's frames and is compared with what comes out of them.
 *
 * @param content of all memory
 * @param state of all components
 * @param said all output of the machine's history up to the epoch's end
 * @param consumed input consumed up to the epoch's end
 */
record Truth(long epoch, long content, long state, History said, long consumed) {
    static Truth of(SimulatedMachine machine, long epoch) {
        return new Truth(
                epoch,
                machine.contentHash(),
                machine.stateHash(),
                machine.history().snapshot(),
                machine.input().consumedOffset());
    }
}
