package io.understudy.hypervisor.board;

import io.understudy.hypervisor.device.PortDevice;

/**
 * One 8259A (Intel 8259A data sheet): inputs triggered by edge or by level, rotating priorities,
 * special mask mode, special fully nested mode, automatic end of interrupt, polling.
 *
 * <pre>
 * port 0  write  ICW1 (bit 4) | OCW2 end of interrupt, rotation | OCW3 (bit 3) masks, reads, poll
 *         read   requests or what is in service, as OCW3 said; after a poll 80H and the input
 * port 1  write  ICW2 vectors, ICW3 wiring (ignored), ICW4 modes, after ICW1; else the mask
 *         read   the mask
 * </pre>
 */
final class InterruptChip implements PortDevice {
    /** No input. */
    static final int NONE = -1;

    private static final int INPUTS = 8;
    private static final int ICW1 = 0x10;
    private static final int ICW1_LEVEL = 8;
    private static final int ICW1_SINGLE = 2;
    private static final int ICW1_NEEDS_ICW4 = 1;
    private static final int ICW4_SPECIAL_NESTED = 0x10;
    private static final int ICW4_AUTO_EOI = 2;
    private static final int OCW2_ROTATE = 0x80;
    private static final int OCW2_SPECIFIC = 0x40;
    private static final int OCW2_END = 0x20;
    private static final int OCW3 = 0x08;
    private static final int OCW3_SETS_SPECIAL_MASK = 0x40;
    private static final int OCW3_SPECIAL_MASK = 0x20;
    private static final int OCW3_POLL = 4;
    private static final int OCW3_SETS_READ = 2;
    private static final int OCW3_READS_SERVICE = 1;
    private static final int POLL_PENDING = 0x80;

    private final int cascade;
    private final Runnable changed;

    private int vectorBase;
    private int mask;
    private int requests;
    private int service;
    private int lines;

    /** Inputs that are triggered by level: those of the ELCR, or all by ICW1. */
    private int levelInputs;

    private boolean allLevel;

    /** The input of lowest priority; the one after it has the highest. */
    private int lowest = INPUTS - 1;

    /** The initialization word that port 1 expects next, or 0. */
    private int expectedWord;

    private boolean single;
    private boolean needsWord4;
    private boolean automaticEnd;
    private boolean rotatesAtAutomaticEnd;
    private boolean specialNested;
    private boolean specialMask;
    private boolean readsService;
    private boolean polled;

    /**
     * @param cascade the input that another chip hangs on, or {@link #NONE}
     * @param changed what a write to the ports is followed by
     */
    InterruptChip(int vectorBase, int mask, int cascade, Runnable changed) {
        this.vectorBase = vectorBase;
        this.mask = mask;
        this.cascade = cascade;
        this.changed = changed;
    }

    @Override
    public int in(int offset, int bytes) {
        if (polled) {
            return poll();
        }
        if (offset == 1) {
            return mask;
        }
        return readsService ? service : requests;
    }

    /** A read after a poll command acknowledges like the processor does. */
    private int poll() {
        polled = false;
        int line = pending();
        if (line == NONE) {
            return 0;
        }
        acknowledge(line);
        changed.run();
        return POLL_PENDING | line;
    }

    @Override
    public void out(int offset, int bytes, int value) {
        int v = value & 0xff;
        if (offset == 1) {
            writeData(v);
        } else if ((v & ICW1) != 0) {
            initialize(v);
        } else if ((v & OCW3) != 0) {
            writeModes(v);
        } else {
            writeEnd(v);
        }
        changed.run();
    }

    private void initialize(int v) {
        mask = 0;
        service = 0;
        allLevel = (v & ICW1_LEVEL) != 0;
        requests = lines & level();
        lowest = INPUTS - 1;
        automaticEnd = false;
        rotatesAtAutomaticEnd = false;
        specialNested = false;
        specialMask = false;
        readsService = false;
        polled = false;
        single = (v & ICW1_SINGLE) != 0;
        needsWord4 = (v & ICW1_NEEDS_ICW4) != 0;
        expectedWord = 2;
    }

    private void writeData(int v) {
        switch (expectedWord) {
            case 2 -> {
                vectorBase = v & 0xf8;
                expectedWord = single ? afterWiring() : 3;
            }
            case 3 -> expectedWord = afterWiring();
            case 4 -> {
                automaticEnd = (v & ICW4_AUTO_EOI) != 0;
                specialNested = (v & ICW4_SPECIAL_NESTED) != 0;
                expectedWord = 0;
            }
            default -> mask = v;
        }
    }

    private int afterWiring() {
        return needsWord4 ? 4 : 0;
    }

    private void writeModes(int v) {
        if ((v & OCW3_SETS_SPECIAL_MASK) != 0) {
            specialMask = (v & OCW3_SPECIAL_MASK) != 0;
        }
        if ((v & OCW3_SETS_READ) != 0) {
            readsService = (v & OCW3_READS_SERVICE) != 0;
        }
        polled = (v & OCW3_POLL) != 0;
    }

    private void writeEnd(int v) {
        boolean rotate = (v & OCW2_ROTATE) != 0;
        boolean specific = (v & OCW2_SPECIFIC) != 0;
        if ((v & OCW2_END) == 0) {
            if (!specific) {
                rotatesAtAutomaticEnd = rotate;
            } else if (rotate) {
                lowest = v & 7;
            }
            return;
        }
        int line = specific ? v & 7 : highest(inhibiting());
        if (line == NONE) {
            return;
        }
        service &= ~(1 << line);
        if (rotate) {
            lowest = line;
        }
    }

    void setLine(int line, boolean level) {
        int bit = 1 << line;
        if (level && (lines & bit) == 0) {
            requests |= bit;
        } else if (!level) {
            requests &= ~bit;
        }
        lines = level ? lines | bit : lines & ~bit;
    }

    /** Inputs that request for as long as their line is up. */
    private int level() {
        return allLevel ? (1 << INPUTS) - 1 : levelInputs;
    }

    /** The inputs that the ELCR makes triggered by level. */
    void setLevelTriggered(int inputs) {
        levelInputs = inputs;
        requests |= lines & level();
    }

    /** Inputs in service that hold others back: not the masked ones in special mask mode. */
    private int inhibiting() {
        return specialMask ? service & ~mask : service;
    }

    /** Place of an input in the present order: 0 goes first. */
    private int rank(int line) {
        return line - lowest - 1 & INPUTS - 1;
    }

    /** The input of highest priority of a set, or {@link #NONE}. */
    private int highest(int set) {
        if (set == 0) {
            return NONE;
        }
        int first = lowest + 1 & INPUTS - 1;
        int ordered = (set >>> first) | (set << (INPUTS - first));
        return first + Integer.numberOfTrailingZeros(ordered) & INPUTS - 1;
    }

    /** The input to serve next, or {@link #NONE}. */
    int pending() {
        int line = highest(requests & ~mask);
        int serving = highest(inhibiting());
        if (line == NONE || serving == NONE || rank(line) < rank(serving)) {
            return line;
        }
        // The chip that hangs on it knows that its new request is more urgent.
        return specialNested && line == cascade && serving == cascade ? line : NONE;
    }

    /**
     * Takes an input into service.
     *
     * @param line what {@link #pending} gave; nothing if the request vanished before
     * @return its vector, for a vanished request that of input 7
     */
    int acknowledge(int line) {
        if (line == NONE) {
            return vectorBase + INPUTS - 1;
        }
        requests &= ~(1 << line) | (lines & level());
        if (!automaticEnd) {
            service |= 1 << line;
        } else if (rotatesAtAutomaticEnd) {
            lowest = line;
        }
        return vectorBase + line;
    }
}
