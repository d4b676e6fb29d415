package io.understudy.hypervisor.board;

import io.understudy.hypervisor.device.PortDevice;

/**
 * The 8254 of a PC on virtual time: channel 0 drives IRQ 0, channel 2 the speaker gate of port 61H.
 * Modes 0, 2, 3 and 4; BCD counting is left out.
 */
final class IntervalTimer implements PortDevice {
    static final int PORT = 0x40;
    static final int PORTS = 4;
    static final long NEVER = Long.MAX_VALUE;

    private static final long HZ = 1_193_182;
    private static final long NS_PER_SECOND = 1_000_000_000;

    /** Where time comes from. */
    interface Clock {
        long nowNs();
    }

    private static final class Channel {
        int mode = 3;
        int access = 3;
        long reload = 0x10000;
        long startNs;
        int low;
        boolean writesHigh;
        boolean readsHigh;
        boolean latched;
        int latch;
        boolean statusLatched;
        boolean running;
        boolean fired;
    }

    private final Clock clock;
    private final Channel[] channels = {new Channel(), new Channel(), new Channel()};
    private boolean gate2 = true;

    IntervalTimer(Clock clock) {
        this.clock = clock;
    }

    private static long ticks(long ns) {
        return ns / NS_PER_SECOND * HZ + ns % NS_PER_SECOND * HZ / NS_PER_SECOND;
    }

    private static long nsOf(long ticks) {
        return ticks / HZ * NS_PER_SECOND + (ticks % HZ * NS_PER_SECOND + HZ - 1) / HZ;
    }

    @Override
    public int in(int offset, int bytes) {
        if (offset == 3) {
            return 0xff;
        }
        Channel c = channels[offset];
        if (c.statusLatched) {
            c.statusLatched = false;
            return (output(c) ? 0x80 : 0) | c.access << 4 | c.mode << 1;
        }
        int value = c.latched ? c.latch : count(c);
        if (c.access == 3) {
            c.readsHigh = !c.readsHigh;
            if (c.readsHigh) {
                return value & 0xff;
            }
        }
        c.latched = false;
        return c.access == 1 ? value & 0xff : value >>> 8 & 0xff;
    }

    @Override
    public void out(int offset, int bytes, int value) {
        int v = value & 0xff;
        if (offset == 3) {
            control(v);
            return;
        }
        Channel c = channels[offset];
        switch (c.access) {
            case 1 -> load(c, v);
            case 2 -> load(c, v << 8);
            default -> {
                if (c.writesHigh) {
                    load(c, c.low | v << 8);
                } else {
                    c.low = v;
                }
                c.writesHigh = !c.writesHigh;
            }
        }
    }

    private void control(int value) {
        int number = value >>> 6;
        if (number == 3) {
            for (int i = 0; i < 3; i++) {
                if ((value >>> (i + 1) & 1) != 0) {
                    latch(channels[i], (value & 0x20) == 0, (value & 0x10) == 0);
                }
            }
            return;
        }
        Channel c = channels[number];
        int access = value >>> 4 & 3;
        if (access == 0) {
            latch(c, true, false);
            return;
        }
        c.access = access;
        int mode = value >>> 1 & 7;
        c.mode = mode > 5 ? mode - 4 : mode;
        c.writesHigh = false;
        c.readsHigh = false;
        c.running = false;
        c.latched = false;
    }

    private void latch(Channel c, boolean count, boolean status) {
        if (count && !c.latched) {
            c.latch = count(c);
            c.latched = true;
        }
        c.statusLatched |= status;
    }

    private void load(Channel c, int value) {
        c.reload = value == 0 ? 0x10000 : value;
        c.startNs = clock.nowNs();
        c.running = true;
        c.fired = false;
    }

    private static boolean isPeriodic(Channel c) {
        return c.mode == 2 || c.mode == 3;
    }

    private long elapsed(Channel c) {
        return ticks(clock.nowNs() - c.startNs);
    }

    private int count(Channel c) {
        if (!c.running) {
            return 0;
        }
        long elapsed = elapsed(c);
        long count = isPeriodic(c) ? c.reload - elapsed % c.reload : c.reload - elapsed;
        return (int) count & 0xffff;
    }

    private boolean output(Channel c) {
        if (!c.running) {
            return c.mode != 0;
        }
        long elapsed = elapsed(c);
        return switch (c.mode) {
            case 0, 1 -> elapsed >= c.reload;
            case 3 -> elapsed % c.reload < (c.reload + 1) / 2;
            default -> true;
        };
    }

    /** The speaker gate: bit 0 of port 61H. */
    void setGate2(boolean open) {
        if (open && !gate2) {
            channels[2].startNs = clock.nowNs();
        }
        gate2 = open;
    }

    boolean isGate2() {
        return gate2;
    }

    /** Bit 5 of port 61H. */
    boolean output2() {
        return output(channels[2]);
    }

    /** Virtual time of the next edge on IRQ 0. */
    long deadlineNs() {
        Channel c = channels[0];
        if (!c.running) {
            return NEVER;
        }
        if (!isPeriodic(c)) {
            return c.fired ? NEVER : c.startNs + nsOf(c.reload);
        }
        return c.startNs + nsOf(c.reload);
    }

    /** Whether IRQ 0 has an edge up to {@code ns}; a periodic channel goes on from there. */
    boolean expire(long ns) {
        long deadline = deadlineNs();
        if (deadline > ns) {
            return false;
        }
        Channel c = channels[0];
        if (isPeriodic(c)) {
            long periods = Math.max(1, ticks(ns - c.startNs) / c.reload);
            c.startNs += nsOf(periods * c.reload);
        } else {
            c.fired = true;
        }
        return true;
    }
}
