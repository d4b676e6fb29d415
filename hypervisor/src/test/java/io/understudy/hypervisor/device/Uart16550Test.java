package io.understudy.hypervisor.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import org.junit.jupiter.api.Test;

class Uart16550Test {
    private static final int DATA = 0;
    private static final int INTERRUPT_ENABLE = 1;
    private static final int INTERRUPT_ID = 2;
    private static final int LINE_CONTROL = 3;
    private static final int MODEM_CONTROL = 4;
    private static final int LINE_STATUS = 5;
    private static final int MODEM_STATUS = 6;
    private static final int SCRATCH = 7;

    private final StringBuilder sent = new StringBuilder();
    private final ArrayDeque<Character> line = new ArrayDeque<>();
    private final Uart16550 uart =
            new Uart16550(
                    "com1",
                    b -> sent.append((char) b),
                    new ByteSource() {
                        @Override
                        public boolean isReady() {
                            return !line.isEmpty();
                        }

                        @Override
                        public int read() {
                            return line.remove();
                        }
                    });

    private int in(int register) {
        return uart.in(register, 1);
    }

    private void out(int register, int value) {
        uart.out(register, 1, value);
    }

    @Test
    void sendsBytesAndIsAlwaysReady() {
        out(DATA, 'h');
        out(DATA, 'i');
        assertThat(sent).hasToString("hi");
        assertThat(in(LINE_STATUS)).isEqualTo(0x60);
    }

    @Test
    void divisorLatchHidesTheDataRegister() {
        out(LINE_CONTROL, 0x83);
        out(DATA, 1);
        out(INTERRUPT_ENABLE, 2);
        assertThat(in(DATA)).isEqualTo(1);
        assertThat(in(INTERRUPT_ENABLE)).isEqualTo(2);
        out(LINE_CONTROL, 3);
        assertThat(in(INTERRUPT_ENABLE)).isZero();
        assertThat(sent).isEmpty();
    }

    @Test
    void loopBackReturnsBytesAndModemLines() {
        out(MODEM_CONTROL, 0x1a); // loop, OUT2, RTS
        assertThat(in(MODEM_STATUS)).isEqualTo(0x90);
        out(DATA, 'x');
        assertThat(sent).isEmpty();
        assertThat(in(LINE_STATUS)).isEqualTo(0x61);
        out(DATA, 'y');
        assertThat(in(LINE_STATUS)).as("overrun, once").isEqualTo(0x63);
        assertThat(in(DATA)).isEqualTo('y');
        assertThat(in(LINE_STATUS)).isEqualTo(0x60);
    }

    @Test
    void receivesTheLineByteByByteUntilNothingIsReady() {
        assertThat(in(LINE_STATUS)).isEqualTo(0x60);
        line.add('o');
        line.add('k');
        assertThat(in(LINE_STATUS)).isEqualTo(0x61);
        assertThat(in(DATA)).isEqualTo('o');
        assertThat(in(LINE_STATUS)).isEqualTo(0x61);
        assertThat(in(DATA)).isEqualTo('k');
        assertThat(in(LINE_STATUS)).isEqualTo(0x60);
        assertThat(in(DATA)).as("the receiver keeps its last byte").isEqualTo('k');
    }

    @Test
    void receiverInterruptLastsAsLongAsTheLineIsReady() {
        line.add('a');
        assertThat(in(INTERRUPT_ID)).isEqualTo(1);
        out(INTERRUPT_ENABLE, 1);
        assertThat(in(INTERRUPT_ID)).isEqualTo(4);
        assertThat(in(INTERRUPT_ID)).isEqualTo(4);
        in(DATA);
        assertThat(in(INTERRUPT_ID)).isEqualTo(1);
    }

    @Test
    void loopBackCutsTheLineOffAndLosesNothingOfIt() {
        line.add('l');
        out(MODEM_CONTROL, 0x10);
        assertThat(in(LINE_STATUS)).isEqualTo(0x60);
        out(DATA, 'x');
        out(MODEM_CONTROL, 0);
        assertThat(in(DATA)).isEqualTo('x');
        assertThat(in(DATA)).isEqualTo('l');
    }

    @Test
    void clearingTheFifoLeavesWhatHasNotArrived() {
        line.add('l');
        out(INTERRUPT_ID, 7);
        assertThat(in(LINE_STATUS)).isEqualTo(0x61);
    }

    @Test
    void transmitterInterruptIsIdentifiedOnce() {
        assertThat(in(INTERRUPT_ID)).isEqualTo(1);
        out(INTERRUPT_ENABLE, 2);
        assertThat(in(INTERRUPT_ID)).isEqualTo(2);
        assertThat(in(INTERRUPT_ID)).isEqualTo(1);
        out(DATA, 'z');
        assertThat(in(INTERRUPT_ID)).isEqualTo(2);
        out(INTERRUPT_ID, 1); // FCR: FIFOs on
        assertThat(in(INTERRUPT_ID)).isEqualTo(0xc1);
    }

    @Test
    void scratchAndReservedBits() {
        out(SCRATCH, 0x5a);
        assertThat(in(SCRATCH)).isEqualTo(0x5a);
        out(INTERRUPT_ENABLE, 0xff);
        assertThat(in(INTERRUPT_ENABLE)).isEqualTo(0x0f);
        out(MODEM_CONTROL, 0xff);
        assertThat(in(MODEM_CONTROL)).isEqualTo(0x1f);
        assertThat(in(MODEM_STATUS)).isEqualTo(0xf0);
    }
}
