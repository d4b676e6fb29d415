package io.understudy.hypervisor.board;

import io.understudy.hypervisor.device.PortDevice;

/**
 * The 8259A pair of a PC: the slave hangs on input 2 of the master. Each chip has a register of its
 * own, the ELCR, for inputs that are triggered by level.
 */
final class InterruptController {
    static final int MASTER_PORT = 0x20;
    static final int SLAVE_PORT = 0xa0;
    static final int PORTS = 2;

    static final int TRIGGER_PORT = 0x4d0;

    private static final int CASCADE = 2;

    /** Inputs of each chip that may be triggered by level: not timers, keyboard, cascade, x87. */
    private static final int[] LEVEL_ALLOWED = {0xf8, 0xde};

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

    /** The ELCRs: a bit for each input that is triggered by level. */
    final class TriggerModes implements PortDevice {
        private final int[] levels = new int[2];

        @Override
        public int in(int offset, int bytes) {
            return levels[offset];
        }

        @Override
        public void out(int offset, int bytes, int value) {
            levels[offset] = value & LEVEL_ALLOWED[offset];
            (offset == 0 ? master : slave).setLevelTriggered(levels[offset]);
            settle();
        }
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
