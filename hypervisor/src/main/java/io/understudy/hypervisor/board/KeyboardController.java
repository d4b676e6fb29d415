package io.understudy.hypervisor.board;

import io.understudy.hypervisor.device.PortDevice;

/** An i8042 that answers its commands, has nothing plugged in, and can reset the machine. */
final class KeyboardController implements PortDevice {
    static final int PORT = 0x60;
    static final int PORTS = 5;

    private static final int STATUS_OUTPUT_FULL = 1;
    private static final int STATUS_SYSTEM = 4;

    /** The key lock is open. */
    private static final int STATUS_UNLOCKED = 0x10;

    private static final int KEYBOARD_DISABLED = 0x10;
    private static final int MOUSE_DISABLED = 0x20;

    /** Answer of a port test: the clock line is stuck low, so nothing is plugged in. */
    private static final int NOTHING_THERE = 1;

    private static final int ACKNOWLEDGE = 0xfa;

    /** What the board has at other ports of the range, and behind the reset line. */
    interface Wiring {
        void reset();

        int readPort61();

        void writePort61(int value);
    }

    private final Wiring wiring;
    private int commandByte = 0x45;
    private int output;
    private boolean outputFull;
    private int expects = -1;

    KeyboardController(Wiring wiring) {
        this.wiring = wiring;
    }

    @Override
    public int in(int offset, int bytes) {
        return switch (offset) {
            case 0 -> {
                outputFull = false;
                yield output;
            }
            case 1 -> wiring.readPort61();
            case 4 -> STATUS_SYSTEM | STATUS_UNLOCKED | (outputFull ? STATUS_OUTPUT_FULL : 0);
            default -> 0xff;
        };
    }

    @Override
    public void out(int offset, int bytes, int value) {
        int v = value & 0xff;
        switch (offset) {
            case 0 -> data(v);
            case 1 -> wiring.writePort61(v);
            case 4 -> command(v);
            default -> {
                // Nothing is there.
            }
        }
    }

    private void data(int value) {
        if (expects == 0x60) {
            commandByte = value;
        } else if (expects < 0) {
            // A byte for the keyboard.
            answer(ACKNOWLEDGE);
        }
        expects = -1;
    }

    private void command(int value) {
        switch (value) {
            case 0x20 -> answer(commandByte);
            case 0x60, 0xd1, 0xd2, 0xd3, 0xd4 -> expects = value;
            case 0xaa -> answer(0x55);
            case 0xa7 -> commandByte |= MOUSE_DISABLED;
            case 0xa8 -> commandByte &= ~MOUSE_DISABLED;
            case 0xad -> commandByte |= KEYBOARD_DISABLED;
            case 0xae -> commandByte &= ~KEYBOARD_DISABLED;
            case 0xa9 -> answer(NOTHING_THERE);
            case 0xab -> answer(0);
            case 0xd0 -> answer(0xcf);
            case 0xfe -> wiring.reset();
            default -> {
                // Lines of the output port.
            }
        }
    }

    private void answer(int value) {
        output = value;
        outputFull = true;
    }
}
