package io.understudy.hypervisor.board;

/** An I/O APIC (Intel 82093AA data sheet, with the EOI register of later ones): 24 inputs. */
final class IoApic {
    static final long ADDRESS = 0xfec0_0000L;
    static final int INPUTS = 24;

    private static final int VERSION = 0x0017_0020;
    private static final int SELECT = 0x00;
    private static final int WINDOW = 0x10;
    private static final int END_OF_INTERRUPT = 0x40;
    private static final int FIRST_ENTRY = 0x10;

    private static final long MASKED = 1L << 16;
    private static final long LEVEL = 1L << 15;
    private static final long REMOTE_IRR = 1L << 14;
    private static final long LOGICAL = 1L << 11;
    private static final long READ_ONLY = REMOTE_IRR | 1L << 12;
    private static final long DEFINED = 0xff00_0000_0001_ffffL;
    private static final int EXTERNAL = 7;

    /** Where its messages go. */
    interface Bus {
        void send(long destination, boolean logical, int mode, int vector, boolean level);
    }

    private final Bus bus;
    private final long[] entries = new long[INPUTS];
    private int lines;
    private int requests;
    private int select;
    private int id;

    IoApic(Bus bus) {
        this.bus = bus;
        for (int i = 0; i < INPUTS; i++) {
            entries[i] = MASKED;
        }
    }

    long read(int offset) {
        return switch (offset) {
            case SELECT -> select;
            case WINDOW -> readRegister();
            default -> 0;
        };
    }

    private long readRegister() {
        if (select >= FIRST_ENTRY && select < FIRST_ENTRY + 2 * INPUTS) {
            long entry = entries[(select - FIRST_ENTRY) / 2];
            return (select & 1) == 0 ? entry & 0xffff_ffffL : entry >>> 32;
        }
        return switch (select) {
            case 0, 2 -> (long) id << 24;
            case 1 -> VERSION;
            default -> 0;
        };
    }

    void write(int offset, long value) {
        switch (offset) {
            case SELECT -> select = (int) value & 0xff;
            case WINDOW -> writeRegister(value & 0xffff_ffffL);
            case END_OF_INTERRUPT -> endOfInterrupt((int) value & 0xff);
            default -> {
                // Nothing else is there.
            }
        }
    }

    private void writeRegister(long value) {
        if (select == 0) {
            id = (int) (value >>> 24) & 15;
        }
        if (select < FIRST_ENTRY || select >= FIRST_ENTRY + 2 * INPUTS) {
            return;
        }
        int input = (select - FIRST_ENTRY) / 2;
        long old = entries[input];
        long written =
                (select & 1) == 0
                        ? (old & ~0xffff_ffffL) | value
                        : (old & 0xffff_ffffL) | value << 32;
        long updated = (written & DEFINED & ~READ_ONLY) | (old & READ_ONLY);
        if ((updated & LEVEL) == 0) {
            updated &= ~REMOTE_IRR;
        }
        entries[input] = updated;
        service(input);
    }

    /**
     * An input changes.
     *
     * @param level whether its device asks for an interrupt, whatever the polarity programmed
     */
    void setLine(int input, boolean level) {
        int bit = 1 << input;
        boolean before = (lines & bit) != 0;
        lines = level ? lines | bit : lines & ~bit;
        if ((entries[input] & LEVEL) != 0) {
            requests = level ? requests | bit : requests & ~bit;
        } else if (level && !before && (entries[input] & MASKED) == 0) {
            // An edge of a masked input is lost.
            requests |= bit;
        }
        service(input);
    }

    private void service(int input) {
        long entry = entries[input];
        int bit = 1 << input;
        if ((requests & bit) == 0 || (entry & MASKED) != 0) {
            return;
        }
        boolean level = (entry & LEVEL) != 0;
        if (level && (entry & REMOTE_IRR) != 0) {
            return;
        }
        int mode = (int) (entry >>> 8) & 7;
        if (level) {
            entries[input] |= REMOTE_IRR;
        } else {
            requests &= ~bit;
        }
        if (mode != EXTERNAL) {
            bus.send(entry >>> 56, (entry & LOGICAL) != 0, mode, (int) entry & 0xff, level);
        }
    }

    /** A local APIC ended a level-triggered interrupt: it comes again if it is still asserted. */
    void endOfInterrupt(int vector) {
        for (int i = 0; i < INPUTS; i++) {
            long both = entries[i] & (LEVEL | REMOTE_IRR);
            if ((entries[i] & 0xff) == vector && both == (LEVEL | REMOTE_IRR)) {
                entries[i] &= ~REMOTE_IRR;
                service(i);
            }
        }
    }
}
