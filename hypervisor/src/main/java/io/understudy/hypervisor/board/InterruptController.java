package io.understudy.hypervisor.board;

import io.understudy.hypervisor.device.PortDevice;

/**
 * The 8259A pair of a PC: the slave hangs on input 2 of the master. Edge-triggered inputs, fully
 * nested, with automatic end of interrupt, special mask mode left out.
 */
final class InterruptController {
    static final int MASTER_PORT = 0x20;
    static final int SLAVE_PORT = 0xa0;
    static final int PORTS = 2;

    private static final int CASCADE = 2;

    /** One chip. */
    static final class Chip implements PortDevice {
        private static final int ICW1 = 0x10;
        private static final int ICW1_NEEDS_ICW4 = 1;
        private static final int OCW3 = 0x08;
        private static final int ICW4_AUTO_EOI = 2;

        private int vectorBase;
        private int mask;
        private int requests;
        private int service;
        private int lines;
        private int expectedWord;
        private boolean needsWord4;
        private boolean automaticEnd;
        private boolean readsService;

        Chip(int vectorBase, int mask) {
            this.vectorBase = vectorBase;
            this.mask = mask;
        }

        @Override
        public int in(int offset, int bytes) {
            return offset == 1 ? mask : readsService ? service : requests;
        }

        @Override
        public void out(int offset, int bytes, int value) {
            int v = value & 0xff;
            if (offset == 1) {
                writeData(v);
            } else if ((v & ICW1) != 0) {
                mask = 0;
                service = 0;
                requests = 0;
                automaticEnd = false;
                readsService = false;
                needsWord4 = (v & ICW1_NEEDS_ICW4) != 0;
                expectedWord = 2;
            } else if ((v & OCW3) != 0) {
                if ((v & 2) != 0) {
                    readsService = (v & 1) != 0;
                }
            } else {
                endOfInterrupt(v);
            }
        }

        private void writeData(int value) {
            switch (expectedWord) {
                case 2 -> {
                    vectorBase = value & 0xf8;
                    expectedWord = 3;
                }
                case 3 -> expectedWord = needsWord4 ? 4 : 0;
                case 4 -> {
                    automaticEnd = (value & ICW4_AUTO_EOI) != 0;
                    expectedWord = 0;
                }
                default -> mask = value;
            }
        }

        private void endOfInterrupt(int command) {
            switch (command >>> 5) {
                case 1 -> service &= service - 1;
                case 3 -> service &= ~(1 << (command & 7));
                default -> {
                    // Rotation of priorities.
                }
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

        /** The input to serve next, or -1. */
        int pending() {
            int open = requests & ~mask;
            int inService = service == 0 ? 8 : Integer.numberOfTrailingZeros(service);
            int line = open == 0 ? 8 : Integer.numberOfTrailingZeros(open);
            return line < inService ? line : -1;
        }

        int acknowledge(int line) {
            requests &= ~(1 << line);
            if (!automaticEnd) {
                service |= 1 << line;
            }
            return vectorBase + line;
        }

        /** What a request that vanished before its acknowledgement gets. */
        int spuriousVector() {
            return vectorBase + 7;
        }
    }

    /** As a PC's firmware leaves them: vectors 8 and 70H, everything but the cascade masked. */
    final Chip master = new Chip(0x08, 0xfb);

    final Chip slave = new Chip(0x70, 0xff);

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

    private void settle() {
        master.setLine(CASCADE, slave.pending() >= 0);
    }

    boolean isAsserted() {
        settle();
        return master.pending() >= 0;
    }

    int acknowledge() {
        settle();
        int line = master.pending();
        if (line < 0) {
            return master.spuriousVector();
        }
        int vector = master.acknowledge(line);
        if (line != CASCADE) {
            return vector;
        }
        int outer = slave.pending();
        int result = outer < 0 ? slave.spuriousVector() : slave.acknowledge(outer);
        master.setLine(CASCADE, false);
        return result;
    }
}
