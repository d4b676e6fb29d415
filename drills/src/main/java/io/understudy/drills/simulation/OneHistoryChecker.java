package io.understudy.drills.simulation;

/**
 * I1 and promise 3: everything that anybody ever let out is a prefix of one history, for ever, over
 * all nodes. Counts as out what a role handed over (rule 5c), heard or not.
 *
 * <p>Does not see whether a client could have noticed.
 */
final class OneHistoryChecker extends Checker {
    private final Emitted emitted;

    OneHistoryChecker(Emitted emitted) {
        super(CheckerName.ONE_HISTORY);
        this.emitted = emitted;
    }

    @Override
    void released(SimulatedNode by, long offset) {
        History said = by.machine().history();
        if (offset > said.length()) {
            throw broken(
                    "%s lets out %d bytes and has said %d".formatted(by, offset, said.length()));
        }
        int differs = emitted.add(said, (int) offset);
        if (differs >= 0) {
            throw broken(
                    "%s says other bytes than were said before, from offset %d on"
                            .formatted(by, differs));
        }
    }
}
