package io.understudy.hypervisor.board;

/**
 * The 8259A pair of a PC: the slave hangs on input 2 of the master. Edge-triggered inputs; nothing
 * but their level-triggered mode is left out.
 */
final class InterruptController {
    static final int MASTER_PORT = 0x20;
    static final int SLAVE_PORT = 0xa0;
    static final int PORTS = 2;

    private static final int CASCADE = 2;

    /** As a PC's firmware leaves them: vectors 8 and 70H, everything but the cascade masked. */
    final InterruptChip master = new InterruptChip(0x08, 0xfb, CASCADE, this::settle);

    final InterruptChip slave = new InterruptChip(0x70, 0xff, InterruptChip.NONE, this::settle);

    private boolean asserted;

    /**
     * @param irq 0 to 15
     */
    void setLine(int irq, boolean level) {
        if (irq < 8) {
            master.setLine(irq, level);
        } else {
            slave.setLine(irq - 8, level);
        }
        settle();
    }

    /** After every change: the output of the slave is an input of the master. */
    private void settle() {
        master.setLine(CASCADE, slave.pending() != InterruptChip.NONE);
        asserted = master.pending() != InterruptChip.NONE;
    }

    /** Whether INTR is up; asked at every boundary. */
    boolean isAsserted() {
        return asserted;
    }

    /** The processor takes the interrupt: its vector. */
    int acknowledge() {
        int line = master.pending();
        int vector = master.acknowledge(line);
        if (line == CASCADE) {
            vector = slave.acknowledge(slave.pending());
            // The next request of the slave is an edge of its own.
            master.setLine(CASCADE, false);
        }
        settle();
        return vector;
    }
}
