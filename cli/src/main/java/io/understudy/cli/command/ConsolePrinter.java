package io.understudy.cli.command;

import io.understudy.replication.console.ConsoleSink;
import org.jspecify.annotations.Nullable;

/** Puts the machine's voice on standard output, and what happens to it on standard error. */
final class ConsolePrinter implements ConsoleSink {
    private @Nullable String speaker;
    private boolean hasBytes;
    private volatile boolean isBroken;
    private volatile boolean isOver;

    @Override
    public void bytes(long offset, byte[] bytes) {
        hasBytes = true;
        System.out.write(bytes, 0, bytes.length);
        System.out.flush();
        if (System.out.checkError()) {
            // The reader of our output has gone: nobody is left to print for.
            isOver = true;
        }
    }

    @Override
    public void speaker(String address, long term) {
        String before = speaker;
        speaker = address;
        if (before == null) {
            note("listening to " + address);
        } else if (!before.equals(address)) {
            note("failover: " + address + " carries on after " + before + ", term " + term);
        }
    }

    @Override
    public void contradicted(long offset, int known, int offered, String address) {
        if (!isBroken) {
            note(
                    "CONTRADICTED: byte "
                            + offset
                            + " was "
                            + known
                            + " and is "
                            + offered
                            + " at "
                            + address);
        }
        isBroken = true;
        isOver = true;
    }

    @Override
    public void gap(long from, long to) {
        String lost = "bytes " + from + " to " + (to - 1);
        if (hasBytes) {
            note("LOST: " + lost + " were confirmed by another client and are gone");
            isBroken = true;
        } else {
            note(lost + " came before this client and are gone");
        }
    }

    @Override
    public void ended(String exitStatus) {
        note("the guest ended: " + exitStatus);
        isOver = true;
    }

    @Override
    public void notice(String sentence) {
        note(sentence);
    }

    /** Whether a byte was contradicted, or lost on the way. */
    boolean isBroken() {
        return isBroken;
    }

    /** Whether there is nothing more to print. */
    boolean isOver() {
        return isOver;
    }

    private static void note(String sentence) {
        System.err.println("understudy console: " + sentence);
    }
}
