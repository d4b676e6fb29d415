package io.understudy.hypervisor.interrupt;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.StateComponent;
import io.understudy.checkpoint.StateReader;
import io.understudy.checkpoint.StateWriter;
import io.understudy.hypervisor.device.PortDevice;
import io.understudy.hypervisor.memory.GuestRam;

/**
 * A device that interrupts: every period it writes the next number into guest memory and raises an
 * interrupt, but not before the guest has written the last number back. So each number is one
 * interrupt, and one that is lost or doubled shows. Channel 0 is edge-triggered and goes to vCPU 0,
 * channel 1 is level-triggered and goes to vCPU 1.
 *
 * <pre>
 * port + 16 * channel + 0   in: "PULS"   out: physical address of {u64 produced, u64 consumed}
 *                     + 4   out: period in ns of virtual time, 0 off
 *                     + 8   out: vector
 * port + 32                 out: physical address of the guest's report
 * </pre>
 */
final class PulseDevice implements PortDevice, StateComponent {
    static final int PORT = 0x540;
    static final int PORTS = 36;
    static final int CHANNELS = 2;

    /** The channel whose interrupts are level-triggered. */
    static final int LEVEL_CHANNEL = 1;

    private static final int VERSION = 1;
    private static final int CHANNEL_PORTS = 16;
    private static final int REPORT_PORT = CHANNELS * CHANNEL_PORTS;
    private static final int MAGIC = 'P' | 'U' << 8 | 'L' << 16 | 'S' << 24;
    private static final int MAILBOX_BYTES = 16;
    private static final int VECTOR_MIN = 32;
    private static final int VECTOR_MAX = 255;

    /** What carries interrupts to the processors. */
    interface Line {
        void raise(int channel);
    }

    private static final class Channel {
        int mailbox;
        int periodNs;
        int vector;
        long dueNs;
        long produced;

        /** A level interrupt was accepted and has not ended. */
        boolean isInService;
    }

    private final GuestRam ram;
    private final Line line;
    private final Channel[] channels = new Channel[CHANNELS];
    private int report;
    private long nowNs;

    PulseDevice(GuestRam ram, Line line) {
        this.ram = ram;
        this.line = line;
        for (int i = 0; i < CHANNELS; i++) {
            channels[i] = new Channel();
        }
    }

    /** The vector that the guest chose, or 0. */
    int vector(int channel) {
        return channels[channel].vector;
    }

    /** Guest-physical address of the guest's report, or 0. */
    int report() {
        return report;
    }

    /** Whether it may still interrupt. */
    boolean isOn() {
        return channels[0].periodNs != 0 || channels[LEVEL_CHANNEL].periodNs != 0;
    }

    /** Brings the device to this moment: numbers that are due are produced and raised. */
    void advanceTo(long ns) {
        nowNs = ns;
        for (int i = 0; i < CHANNELS; i++) {
            Channel c = channels[i];
            if (c.periodNs == 0 || c.vector == 0 || !isMailbox(c.mailbox)) {
                continue;
            }
            boolean isConsumed = ram.read64(c.mailbox + 8L) == c.produced;
            if (isConsumed && ns >= c.dueNs) {
                c.produced++;
                c.dueNs += (ns - c.dueNs) / c.periodNs * c.periodNs + c.periodNs;
                ram.write64(c.mailbox, c.produced);
                isConsumed = false;
                if (i != LEVEL_CHANNEL) {
                    line.raise(i);
                }
            }
            if (i == LEVEL_CHANNEL && !isConsumed && !c.isInService) {
                c.isInService = true;
                line.raise(i);
            }
        }
    }

    private boolean isMailbox(int gpa) {
        return gpa > 0 && (gpa & 7) == 0 && ram.map().contains(gpa, MAILBOX_BYTES);
    }

    void endOfInterrupt(int vector) {
        if (vector == channels[LEVEL_CHANNEL].vector) {
            channels[LEVEL_CHANNEL].isInService = false;
        }
    }

    @Override
    public int in(int offset, int bytes) {
        return offset % CHANNEL_PORTS == 0 && offset < REPORT_PORT ? MAGIC : 0;
    }

    @Override
    public void out(int offset, int bytes, int value) {
        if (offset == REPORT_PORT) {
            report = value;
            return;
        }
        Channel c = channels[Math.min(offset / CHANNEL_PORTS, CHANNELS - 1)];
        switch (offset % CHANNEL_PORTS) {
            case 0 -> {
                c.mailbox = value;
                c.produced = isMailbox(value) ? ram.read64(value) : 0;
            }
            case 4 -> {
                c.periodNs = Math.max(0, value);
                c.dueNs = nowNs + c.periodNs;
            }
            case 8 -> c.vector = value >= VECTOR_MIN && value <= VECTOR_MAX ? value : 0;
            default -> {
                // No register is there.
            }
        }
    }

    @Override
    public String name() {
        return "pulse";
    }

    @Override
    public int version() {
        return VERSION;
    }

    @Override
    public void save(StateWriter out) {
        out.u64(nowNs).u32(report);
        for (Channel c : channels) {
            out.u32(c.mailbox).u32(c.periodNs).u32(c.vector).u64(c.dueNs).u64(c.produced);
            out.u8(c.isInService ? 1 : 0);
        }
    }

    @Override
    public void restore(StateReader in) throws CorruptStateException {
        long newNow = in.u64("time");
        int newReport = in.u32("report");
        Channel[] restored = new Channel[CHANNELS];
        for (int i = 0; i < CHANNELS; i++) {
            Channel c = new Channel();
            c.mailbox = in.u32("mailbox");
            c.periodNs = in.u32("period");
            c.vector = in.u32("vector");
            c.dueNs = in.u64("due");
            c.produced = in.u64("produced");
            int inService = in.u8("in service");
            boolean isVector = c.vector >= VECTOR_MIN && c.vector <= VECTOR_MAX;
            if (c.periodNs < 0 || (c.vector != 0 && !isVector) || inService > 1) {
                throw in.corrupt("channel " + i, "holds a value that it cannot have");
            }
            c.isInService = inService == 1;
            restored[i] = c;
        }
        in.end();
        nowNs = newNow;
        report = newReport;
        System.arraycopy(restored, 0, channels, 0, CHANNELS);
    }
}
