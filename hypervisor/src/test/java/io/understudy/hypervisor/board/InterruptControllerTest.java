package io.understudy.hypervisor.board;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The 8259A pair, by the commands of its data sheet. */
class InterruptControllerTest {
    private static final int END = 0x20;
    private static final int ROTATE_AT_END = 0xa0;
    private static final int SPECIAL_MASK = 0x68;
    private static final int NO_SPECIAL_MASK = 0x48;
    private static final int POLL = 0x0c;

    private final InterruptController pair = new InterruptController();

    @BeforeEach
    void initialize() {
        initialize(1);
    }

    private void initialize(int modesOfMaster) {
        for (int word : new int[] {0x20, 4, modesOfMaster}) {
            if (word == 0x20) {
                pair.master.out(0, 1, 0x11);
            }
            pair.master.out(1, 1, word);
        }
        pair.slave.out(0, 1, 0x11);
        pair.slave.out(1, 1, 0x28);
        pair.slave.out(1, 1, 2);
        pair.slave.out(1, 1, 1);
    }

    private void raise(int irq) {
        pair.setLine(irq, false);
        pair.setLine(irq, true);
    }

    @Test
    void theLowestInputGoesFirstAndHoldsBackTheOthersUntilItsEnd() {
        raise(5);
        raise(3);
        assertThat(pair.acknowledge()).isEqualTo(0x23);
        assertThat(pair.isAsserted()).isFalse();
        raise(1);
        assertThat(pair.acknowledge()).isEqualTo(0x21);
        pair.master.out(0, 1, END);
        assertThat(pair.isAsserted()).as("3 is still in service").isFalse();
        pair.master.out(0, 1, END);
        assertThat(pair.acknowledge()).isEqualTo(0x25);
    }

    @Test
    void theSlaveStandsAtInputTwo() {
        raise(3);
        raise(12);
        raise(9);
        assertThat(pair.acknowledge()).isEqualTo(0x29);
        assertThat(pair.isAsserted()).isFalse();
        pair.slave.out(0, 1, END);
        assertThat(pair.isAsserted()).as("2 is still in service").isFalse();
        pair.master.out(0, 1, END);
        assertThat(pair.acknowledge()).isEqualTo(0x2c);
    }

    @Test
    void aRequestThatVanishesIsInputSeven() {
        raise(4);
        assertThat(pair.isAsserted()).isTrue();
        pair.setLine(4, false);
        assertThat(pair.isAsserted()).isFalse();
        assertThat(pair.acknowledge()).isEqualTo(0x27);
        pair.master.out(0, 1, 0x0b);
        assertThat(pair.master.in(0, 1)).as("in service").isZero();
    }

    @Test
    void rotationMakesTheInputThatEndsTheLowest() {
        raise(3);
        pair.acknowledge();
        pair.master.out(0, 1, ROTATE_AT_END);
        raise(3);
        raise(4);
        raise(1);
        assertThat(pair.acknowledge()).isEqualTo(0x24);
        pair.master.out(0, 1, END);
        assertThat(pair.acknowledge()).isEqualTo(0x21);
        pair.master.out(0, 1, END);
        assertThat(pair.acknowledge()).isEqualTo(0x23);
    }

    @Test
    void prioritiesCanBeSetAndSpecificEndsRotateToo() {
        pair.master.out(0, 1, 0xc0 | 4);
        raise(1);
        raise(5);
        assertThat(pair.acknowledge()).isEqualTo(0x25);
        pair.master.out(0, 1, 0xe0 | 5);
        raise(5);
        raise(6);
        assertThat(pair.acknowledge()).isEqualTo(0x26);
        pair.master.out(0, 1, 0x60 | 6);
        assertThat(pair.acknowledge()).isEqualTo(0x21);
    }

    @Test
    void automaticEndsRotateIfAskedTo() {
        initialize(3);
        raise(2 + 1);
        assertThat(pair.acknowledge()).isEqualTo(0x23);
        raise(6);
        assertThat(pair.acknowledge()).as("nothing is in service").isEqualTo(0x26);
        pair.master.out(0, 1, 0x80);
        raise(3);
        assertThat(pair.acknowledge()).isEqualTo(0x23);
        raise(3);
        raise(5);
        assertThat(pair.acknowledge()).isEqualTo(0x25);
        pair.master.out(0, 1, 0);
        assertThat(pair.acknowledge()).isEqualTo(0x23);
    }

    @Test
    void inSpecialMaskModeAMaskedInputInServiceHoldsNothingBack() {
        raise(1);
        pair.acknowledge();
        pair.master.out(0, 1, SPECIAL_MASK);
        pair.master.out(1, 1, 2);
        raise(6);
        assertThat(pair.acknowledge()).isEqualTo(0x26);
        pair.master.out(0, 1, END);
        pair.master.out(0, 1, 0x0b);
        assertThat(pair.master.in(0, 1)).as("the end was that of 6").isEqualTo(2);
        pair.master.out(0, 1, NO_SPECIAL_MASK);
        raise(6);
        assertThat(pair.isAsserted()).isFalse();
    }

    @Test
    void inSpecialFullyNestedModeTheSlaveMayInterruptItself() {
        raise(12);
        pair.acknowledge();
        raise(8);
        assertThat(pair.isAsserted()).as("fully nested").isFalse();
        initialize(0x11);
        raise(12);
        assertThat(pair.acknowledge()).isEqualTo(0x2c);
        raise(8);
        assertThat(pair.acknowledge()).isEqualTo(0x28);
        raise(13);
        assertThat(pair.isAsserted()).as("less urgent in the slave").isFalse();
    }

    @Test
    void aPollAcknowledges() {
        pair.master.out(0, 1, POLL);
        assertThat(pair.master.in(0, 1)).isZero();
        raise(4);
        pair.master.out(0, 1, POLL);
        assertThat(pair.master.in(0, 1)).isEqualTo(0x84);
        assertThat(pair.isAsserted()).isFalse();
        pair.master.out(0, 1, 0x0b);
        assertThat(pair.master.in(0, 1)).as("in service").isEqualTo(0x10);
    }

    @Test
    void anInputTriggeredByLevelRequestsForAsLongAsItsLineIsUp() {
        var modes = pair.new TriggerModes();
        modes.out(0, 1, 0xff);
        modes.out(1, 1, 0xff);
        assertThat(modes.in(0, 1)).as("not timer, keyboard, cascade").isEqualTo(0xf8);
        assertThat(modes.in(1, 1)).as("not clock, x87").isEqualTo(0xde);
        for (int irq : new int[] {5, 11}) {
            int vector = 0x20 + irq;
            pair.setLine(irq, true);
            assertThat(pair.acknowledge()).isEqualTo(vector);
            assertThat(pair.isAsserted()).as("it is in service").isFalse();
            pair.slave.out(0, 1, END);
            pair.master.out(0, 1, END);
            assertThat(pair.acknowledge()).as("the line is up").isEqualTo(vector);
            pair.setLine(irq, false);
            pair.slave.out(0, 1, END);
            pair.master.out(0, 1, END);
            assertThat(pair.isAsserted()).as("the line is down").isFalse();
        }
        raise(1);
        assertThat(pair.acknowledge()).as("by edge").isEqualTo(0x21);
        pair.master.out(0, 1, END);
        assertThat(pair.isAsserted()).isFalse();
    }

    @Test
    void aLineThatIsUpRequestsWhenItsInputIsMadeTriggeredByLevel() {
        raise(6);
        assertThat(pair.acknowledge()).isEqualTo(0x26);
        pair.master.out(0, 1, END);
        assertThat(pair.isAsserted()).isFalse();
        pair.new TriggerModes().out(0, 1, 0x40);
        assertThat(pair.acknowledge()).isEqualTo(0x26);
    }

    @Test
    void theFirstWordMakesEveryInputOfAChipTriggeredByLevel() {
        pair.setLine(3, true);
        for (int[] write : new int[][] {{0, 0x19}, {1, 0x20}, {1, 4}, {1, 1}}) {
            pair.master.out(write[0], 1, write[1]);
        }
        assertThat(pair.acknowledge()).as("without an edge").isEqualTo(0x23);
        pair.master.out(0, 1, END);
        assertThat(pair.acknowledge()).isEqualTo(0x23);
        pair.setLine(3, false);
        pair.master.out(0, 1, END);
        assertThat(pair.isAsserted()).isFalse();
        raise(12);
        assertThat(pair.acknowledge()).as("the slave is as before").isEqualTo(0x2c);
        pair.slave.out(0, 1, END);
        pair.master.out(0, 1, END);
        assertThat(pair.isAsserted()).isFalse();
        initialize(1);
        pair.setLine(3, true);
        assertThat(pair.acknowledge()).isEqualTo(0x23);
        pair.master.out(0, 1, END);
        assertThat(pair.isAsserted()).as("by edge again").isFalse();
    }
}
