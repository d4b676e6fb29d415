package io.understudy.hypervisor.board;

import io.understudy.hypervisor.device.PortDevice;

/**
 * Fixed hardware of ACPI (ACPI Specification, "ACPI Register Model"): event and control registers
 * without events, the power-management timer, and soft off.
 *
 * <pre>
 * +0 PM1 status (16 bits) +2 PM1 enable (16) +4 PM1 control (16) +8 PM timer (24 of 32 bits)
 * </pre>
 */
final class PowerManagement implements PortDevice {
    static final int PORT = 0x600;
    static final int PORTS = 12;
    static final int CONTROL = 4;
    static final int TIMER = 8;

    /** SLP_TYP of soft off, as the DSDT says it. */
    static final int SOFT_OFF_TYPE = 0;

    private static final int ENABLE = 2;
    private static final long TIMER_HZ = 3_579_545;
    private static final long NS_PER_SECOND = 1_000_000_000;
    private static final int TIMER_MASK = 0xff_ffff;

    /** SCI_EN: there is no other mode. */
    private static final int ACPI_ENABLED = 1;

    private static final int SLEEP_ENABLE = 1 << 13;
    private static final int SLEEP_TYPE = 7 << 10;

    private final IntervalTimer.Clock clock;
    private final Runnable softOff;
    private int enable;

    PowerManagement(IntervalTimer.Clock clock, Runnable softOff) {
        this.clock = clock;
        this.softOff = softOff;
    }

    @Override
    public int in(int offset, int bytes) {
        if (offset >= TIMER) {
            return part(timer(), offset - TIMER, bytes);
        }
        if (offset >= CONTROL) {
            return part(ACPI_ENABLED, offset - CONTROL, bytes);
        }
        return part(enable << 16, offset, bytes);
    }

    private int timer() {
        long ns = clock.nowNs();
        long seconds = ns / NS_PER_SECOND;
        long ticks = seconds * TIMER_HZ + ns % NS_PER_SECOND * TIMER_HZ / NS_PER_SECOND;
        return (int) ticks & TIMER_MASK;
    }

    private static int part(int register, int byteOffset, int bytes) {
        return register >>> (8 * byteOffset) & (bytes == 4 ? -1 : (1 << (8 * bytes)) - 1);
    }

    @Override
    public void out(int offset, int bytes, int value) {
        if (offset == ENABLE) {
            enable = value & 0xffff;
        } else if (offset == CONTROL
                && (value & SLEEP_ENABLE) != 0
                && (value & SLEEP_TYPE) >>> 10 == SOFT_OFF_TYPE) {
            softOff.run();
        }
    }
}
