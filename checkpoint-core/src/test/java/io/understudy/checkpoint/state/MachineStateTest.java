package io.understudy.checkpoint.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.MachineLayout;
import io.understudy.checkpoint.MachineLayout.Component;
import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.StateComponent;
import io.understudy.checkpoint.StateReader;
import io.understudy.checkpoint.StateWriter;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** docs/formats/machine-state.md. */
final class MachineStateTest {
    private static final class Cell implements StateComponent {
        private final String name;
        private final int version;
        private long value;

        Cell(String name, int version, long value) {
            this.name = name;
            this.version = version;
            this.value = value;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public int version() {
            return version;
        }

        @Override
        public void save(StateWriter out) {
            out.u64(value);
        }

        @Override
        public void restore(StateReader in) throws CorruptStateException {
            long read = in.u64("value");
            in.end();
            value = read;
        }
    }

    private final Cell cpu = new Cell("cpu0", 2, 0x1122334455667788L);
    private final Cell uart = new Cell("uart", 1, 3);
    private final List<StateComponent> components = List.of(cpu, uart);

    /** Golden bytes. Add to them, never edit. */
    @Test
    void goldenBytes() {
        assertThat(HexFormat.of().formatHex(saved()))
                .isEqualTo(
                        "55535431" // UST1
                                + "02000000" // components
                                + "04000000"
                                + "63707530" // cpu0
                                + "02000000" // version
                                + "08000000"
                                + "8877665544332211"
                                + "04000000"
                                + "75617274" // uart
                                + "01000000"
                                + "08000000"
                                + "0300000000000000");
    }

    @Test
    void restoresEveryComponent() throws Exception {
        byte[] state = saved();
        cpu.value = 0;
        uart.value = 0;
        MachineState.restore(layout(components), components, state);
        assertThat(cpu.value).isEqualTo(0x1122334455667788L);
        assertThat(uart.value).isEqualTo(3);
    }

    @Test
    void anotherMachineIsRefusedByName() {
        byte[] state = saved();
        assertRefused(List.of(cpu), state, "component count is 2, this machine has 1");
        assertRefused(
                List.of(cpu, new Cell("disk", 1, 0)),
                state,
                "component is uart version 1, this machine needs disk version 1");
        assertRefused(
                List.of(new Cell("cpu0", 3, 0), uart),
                state,
                "component is cpu0 version 2, this machine needs cpu0 version 3");
    }

    @Test
    void nothingChangesWhenALaterComponentIsMissing() {
        byte[] state = saved();
        cpu.value = 5;
        assertThatThrownBy(() ->
                        MachineState.restore(
                                layout(components),
                                components,
                                Arrays.copyOf(state, state.length - 1)))
                .isInstanceOf(CorruptStateException.class)
                .hasMessageContaining("state of uart");
        assertThat(cpu.value).isEqualTo(5);
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void mutatedStateIsRefusedOrRestored(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] good = saved();
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = Arrays.copyOf(good, random.nextInt(good.length + 8));
            for (int c = random.nextInt(4); c >= 0 && bytes.length > 0; c--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            try {
                MachineState.restore(layout(components), components, bytes);
            } catch (CorruptStateException e) {
                refused++;
            }
        }
        assertThat(refused).as("seed %d", seed).isBetween(10_000, 19_999);
    }

    private void assertRefused(List<StateComponent> machine, byte[] state, String why) {
        assertThatThrownBy(() -> MachineState.split(layout(machine), state))
                .isInstanceOf(CorruptStateException.class)
                .hasMessageContaining(why);
    }

    private byte[] saved() {
        StateWriter out = new StateWriter();
        MachineState.save(components, out);
        return out.toByteArray();
    }

    private static MachineLayout layout(List<StateComponent> components) {
        return new MachineLayout(
                "test",
                List.of(new MemoryRegion("ram", 1)),
                components.stream().map(c -> new Component(c.name(), c.version())).toList());
    }
}
