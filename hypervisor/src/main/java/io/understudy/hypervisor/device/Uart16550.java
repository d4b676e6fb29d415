package io.understudy.hypervisor.device;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.StateComponent;
import io.understudy.checkpoint.StateReader;
import io.understudy.checkpoint.StateWriter;

/**
 * Serial port (National Semiconductor PC16550D data sheet). The transmitter is always empty; the
 * receiver has a byte ready as long as the line does. In loop-back mode a byte sent is a byte
 * received, and the line is cut off. The interrupt is a level that whoever owns an interrupt
 * controller looks at.
 *
 * <pre>
 * 0 RBR/THR (DLL if DLAB)  1 IER (DLM if DLAB)  2 IIR/FCR  3 LCR  4 MCR  5 LSR  6 MSR  7 SCR
 * </pre>
 */
public final class Uart16550 implements PortDevice, StateComponent {
    public static final int COM1 = 0x3f8;
    public static final int PORTS = 8;

    private static final int VERSION = 1;
    private static final int LCR_DIVISOR_LATCH = 0x80;
    private static final int FCR_ENABLE = 1;
    private static final int FCR_CLEAR_RECEIVER = 2;
    private static final int IIR_FIFOS_ENABLED = 0xc0;
    private static final int IIR_NONE = 1;
    private static final int IIR_TRANSMITTER = 2;
    private static final int IIR_RECEIVER = 4;
    private static final int IER_RECEIVER = 1;
    private static final int IER_TRANSMITTER = 2;
    private static final int IER_WRITABLE = 0x0f;
    private static final int MCR_OUT2 = 0x08;
    private static final int MCR_LOOP = 0x10;
    private static final int MCR_WRITABLE = 0x1f;
    private static final int LSR_DATA_READY = 0x01;
    private static final int LSR_OVERRUN = 0x02;
    private static final int LSR_TRANSMITTER_EMPTY = 0x60;
    private static final int MSR_CONNECTED = 0xb0;

    private final String name;
    private final ByteSink sink;
    private final ByteSource source;

    private int interruptEnable;
    private int lineControl;
    private int modemControl;
    private int scratch;
    private int divisor = 12;
    private int received;
    private boolean fifosEnabled;
    private boolean isReceiverFull;
    private boolean isOverrun;
    private boolean isTransmitterInterrupt;

    public Uart16550(String name, ByteSink sink, ByteSource source) {
        this.name = name;
        this.sink = sink;
        this.source = source;
    }

    @Override
    public int in(int offset, int bytes) {
        return switch (offset) {
            case 0 -> isDivisorLatch() ? divisor & 0xff : receive();
            case 1 -> isDivisorLatch() ? divisor >>> 8 : interruptEnable;
            case 2 -> interruptIdentification();
            case 3 -> lineControl;
            case 4 -> modemControl;
            case 5 -> lineStatus();
            case 6 -> modemStatus();
            default -> scratch;
        };
    }

    @Override
    public void out(int offset, int bytes, int written) {
        int value = written & 0xff;
        switch (offset) {
            case 0 -> {
                if (isDivisorLatch()) {
                    divisor = (divisor & 0xff00) | value;
                } else {
                    transmit(value);
                }
            }
            case 1 -> {
                if (isDivisorLatch()) {
                    divisor = (divisor & 0xff) | (value << 8);
                } else {
                    isTransmitterInterrupt |= (value & ~interruptEnable & IER_TRANSMITTER) != 0;
                    interruptEnable = value & IER_WRITABLE;
                }
            }
            case 2 -> {
                fifosEnabled = (value & FCR_ENABLE) != 0;
                if ((value & FCR_CLEAR_RECEIVER) != 0) {
                    isReceiverFull = false;
                }
            }
            case 3 -> lineControl = value;
            case 4 -> modemControl = value & MCR_WRITABLE;
            case 7 -> scratch = value;
            default -> {
                // LSR and MSR are read-only.
            }
        }
    }

    private boolean isDivisorLatch() {
        return (lineControl & LCR_DIVISOR_LATCH) != 0;
    }

    private void transmit(int value) {
        isTransmitterInterrupt = true;
        if (!isLoopBack()) {
            sink.write(value);
            return;
        }
        isOverrun = isReceiverFull;
        isReceiverFull = true;
        received = value;
    }

    /** A byte that loop-back left in the receiver comes before those of the line. */
    private int receive() {
        if (!isReceiverFull && isLineReady()) {
            received = source.read();
        }
        isReceiverFull = false;
        return received;
    }

    private boolean isLoopBack() {
        return (modemControl & MCR_LOOP) != 0;
    }

    private boolean isLineReady() {
        return !isLoopBack() && source.isReady();
    }

    private boolean isDataReady() {
        return isReceiverFull || isLineReady();
    }

    /** Whether the interrupt output is active; OUT2 of the modem control lets it through. */
    public boolean isInterruptAsserted() {
        boolean receiver = isDataReady() && (interruptEnable & IER_RECEIVER) != 0;
        boolean transmitter = isTransmitterInterrupt && (interruptEnable & IER_TRANSMITTER) != 0;
        return (receiver || transmitter) && (modemControl & MCR_OUT2) != 0 && !isLoopBack();
    }

    private int interruptIdentification() {
        int fifos = fifosEnabled ? IIR_FIFOS_ENABLED : 0;
        if (isDataReady() && (interruptEnable & IER_RECEIVER) != 0) {
            return fifos | IIR_RECEIVER;
        }
        if (isTransmitterInterrupt && (interruptEnable & IER_TRANSMITTER) != 0) {
            isTransmitterInterrupt = false;
            return fifos | IIR_TRANSMITTER;
        }
        return fifos | IIR_NONE;
    }

    private int lineStatus() {
        int status =
                LSR_TRANSMITTER_EMPTY
                        | (isDataReady() ? LSR_DATA_READY : 0)
                        | (isOverrun ? LSR_OVERRUN : 0);
        isOverrun = false;
        return status;
    }

    /** In loop-back mode DTR, RTS, OUT1 and OUT2 appear as DSR, CTS, RI and DCD. */
    private int modemStatus() {
        if (!isLoopBack()) {
            return MSR_CONNECTED;
        }
        return ((modemControl & 0x0c) << 4) | ((modemControl & 2) << 3) | ((modemControl & 1) << 5);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int version() {
        return VERSION;
    }

    @Override
    public void save(StateWriter out) {
        out.u8(interruptEnable).u8(lineControl).u8(modemControl).u8(scratch);
        out.u32(divisor).u8(received);
        out.u8(
                (fifosEnabled ? 1 : 0)
                        | (isReceiverFull ? 2 : 0)
                        | (isOverrun ? 4 : 0)
                        | (isTransmitterInterrupt ? 8 : 0));
    }

    @Override
    public void restore(StateReader in) throws CorruptStateException {
        int newInterruptEnable = in.u8("interrupt enable");
        int newLineControl = in.u8("line control");
        int newModemControl = in.u8("modem control");
        int newScratch = in.u8("scratch");
        int newDivisor = in.u32("divisor");
        int newReceived = in.u8("received byte");
        int flags = in.u8("flags");
        in.end();
        if ((newInterruptEnable & ~IER_WRITABLE) != 0) {
            throw in.corrupt("interrupt enable", "has reserved bits set");
        }
        if ((newModemControl & ~MCR_WRITABLE) != 0) {
            throw in.corrupt("modem control", "has reserved bits set");
        }
        if (newDivisor < 0 || newDivisor > 0xffff) {
            throw in.corrupt("divisor", "is %d, not 0 to 65535".formatted(newDivisor));
        }
        if (flags > 15) {
            throw in.corrupt("flags", "has reserved bits set");
        }
        interruptEnable = newInterruptEnable;
        lineControl = newLineControl;
        modemControl = newModemControl;
        scratch = newScratch;
        divisor = newDivisor;
        received = newReceived;
        fifosEnabled = (flags & 1) != 0;
        isReceiverFull = (flags & 2) != 0;
        isOverrun = (flags & 4) != 0;
        isTransmitterInterrupt = (flags & 8) != 0;
    }
}
