package io.understudy.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.StateComponent;
import io.understudy.checkpoint.StateReader;
import io.understudy.checkpoint.StateWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code docs/formats/views-state.md}. */
class ViewsStateTest {
    private static final int WORDS = 333;

    private VirtualMachine machine;
    private StateComponent component;

    @BeforeEach
    void boot() throws Exception {
        machine =
                VirtualMachine.bootWithWindow(
                        VirtualMachineConfig.of(4 << 20).withRunMode(RunMode.FREE),
                        GuestImage.builtIn("window"),
                        new FakeHostClock());
        component =
                machine.components().stream()
                        .filter(c -> c.name().equals("views"))
                        .findFirst()
                        .orElseThrow();
    }

    @AfterEach
    void close() {
        machine.close();
    }

    private long[] save() {
        StateWriter out = new StateWriter();
        component.save(out);
        long[] words = new long[out.size() / 8];
        ByteBuffer.wrap(out.toByteArray()).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(words);
        return words;
    }

    private void restore(long... words) throws CorruptStateException {
        ByteBuffer bytes = ByteBuffer.allocate(words.length * 8).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asLongBuffer().put(words);
        component.restore(new StateReader("state of views", bytes.array()));
    }

    /** Golden: added to, never edited. */
    @Test
    void aMachineWithoutWindow() {
        long[] golden = new long[WORDS];
        golden[5] = -1;
        golden[6] = -1;
        assertThat(component.version()).isEqualTo(1);
        assertThat(save()).containsExactly(golden);
    }

    @Test
    void everyWordComesBack() throws Exception {
        long[] thread = new long[19];
        long[] words = new long[WORDS];
        words[0] = 1;
        words[1] = 0x102;
        words[2] = 1;
        words[3] = 0x10e;
        words[4] = 2;
        words[5] = 0x10_d000;
        words[6] = -1;
        words[8] = 1;
        Arrays.setAll(thread, i -> 1000 + i);
        System.arraycopy(thread, 0, words, 9, thread.length);
        words[28] = 2;
        System.arraycopy(thread, 0, words, 29, thread.length);
        System.arraycopy(thread, 0, words, 29 + 19, thread.length);
        restore(words);
        assertThat(save()).containsExactly(words);
        assertThat(machine.views().orElseThrow().currentView()).isEqualTo(1);
        assertThat(machine.views().orElseThrow().hasWindow()).isTrue();
        assertThat(machine.views().orElseThrow().firstDifference()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "0, 2, VIEW",
        "0, -1, VIEW",
        "1, 5, GATE_PAGE",
        "2, 1, GATE_PAGE",
        "4, 9000, GATE_PAGE",
        "5, 3, REPORT",
        "5, 4194304, REPORT",
        "6, 4194304, REPORT",
        "7, 1, REPORT",
        "8, 2, INTERRUPTED_THREADS",
        "28, 17, INTERRUPTED_THREADS",
        "28, -1, INTERRUPTED_THREADS",
    })
    void aHostileWordIsRefusedAndChangesNothing(int word, long value, String field) {
        long[] before = save();
        long[] words = before.clone();
        words[word] = value;
        assertThatThrownBy(() -> restore(words))
                .isInstanceOf(CorruptStateException.class)
                .hasMessageContaining(field);
        assertThat(save()).containsExactly(before);
    }

    @Test
    void aTruncatedStateIsRefused() {
        assertThatThrownBy(() -> restore(Arrays.copyOf(save(), WORDS - 1)))
                .isInstanceOf(CorruptStateException.class);
        assertThatThrownBy(() -> restore(Arrays.copyOf(save(), WORDS + 1)))
                .isInstanceOf(CorruptStateException.class);
    }
}
