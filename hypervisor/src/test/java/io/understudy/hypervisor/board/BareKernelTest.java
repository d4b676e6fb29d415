package io.understudy.hypervisor.board;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.board.BoardConfig.Kind;
import io.understudy.hypervisor.board.BoardOutcome.End;
import io.understudy.vmx.ProcessorModel;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Kernels that assert their own results ({@code guests/kernels}), on the bare machine. Each prints
 * a line a case; its exit value is the number of cases that failed.
 */
class BareKernelTest {
    private static final long MEMORY_BYTES = 64 << 20;
    private static final long HOST_NS_MAX = 120_000_000_000L;

    private final StringBuilder output = new StringBuilder();

    private static GuestImage kernel(String name) throws IOException {
        String resource = "/kernels/" + name + ".elf";
        try (InputStream in = BareKernelTest.class.getResourceAsStream(resource)) {
            return GuestImage.of(name + ".elf", Objects.requireNonNull(in).readAllBytes());
        }
    }

    private BoardOutcome run(GuestImage image, Kind kind, ProcessorModel model, int processors)
            throws MachineSetupException {
        BoardConfig config =
                new BoardConfig(image, kind, "", List.of(), MEMORY_BYTES, model, processors);
        try (Board board = new Board(config, value -> output.append((char) value))) {
            return board.run(System::nanoTime, System.nanoTime() + HOST_NS_MAX);
        }
    }

    @ParameterizedTest(name = "{0}, {1}, {2} processors")
    @CsvSource({
        "hello, BASELINE, 1",
        "legacy, MAX, 1",
        "modes, MAX, 1",
        "modes, BASELINE, 1",
        "devices, MAX, 1",
        "devices, MAX, 2",
        "startup, MAX, 1",
        "startup, HASWELL, 2",
        "modes, HASWELL, 1",
        "vmxbasic, MAX, 1",
        "ept, MAX, 1",
        "apic, MAX, 1",
        "vmxcontrols, MAX, 1",
        "vmxstate, MAX, 1",
        "vmxstate, BASELINE, 1",
        "vmxevents, MAX, 1",
        "vmxopcodes, MAX, 1",
        "eptmatrix, MAX, 1",
        "eptcorners, MAX, 1",
        "apicmatrix, MAX, 1",
        "vmxsmp, MAX, 2",
        "vmxshadow, MAX, 1",
        "vmxshadow, HASWELL, 1",
        "vmxshadow, BASELINE, 1",
        "vmxshadow, BASELINE_NO_AD, 1",
        "vmxshadow, BASELINE_NO_APICV, 1",
        "debug, MAX, 1",
        "vmx32, MAX, 1",
        "pagematrix, MAX, 1",
        "pagematrix, BASELINE, 1",
    })
    void aKernelFindsNothingWrong(String name, ProcessorModel model, int processors)
            throws Exception {
        BoardOutcome outcome = run(kernel(name), Kind.MULTIBOOT, model, processors);
        assertThat(outcome)
                .as("%s", output)
                .isEqualTo(new BoardOutcome(End.EXITED, 0, "exit port"));
    }

    @Test
    void theLineOfTheSmallestKernel() throws Exception {
        run(kernel("hello"), Kind.MULTIBOOT, ProcessorModel.MAX, 1);
        assertThat(output).hasToString("hello from a 32-bit kernel\n");
    }

    private static GuestImage rom(int... code) {
        byte[] rom = new byte[64];
        for (int i = 0; i < code.length; i++) {
            rom[i] = (byte) code[i];
        }
        // jmp to the first byte, from 16 bytes below the end
        rom[48] = (byte) 0xeb;
        rom[49] = (byte) (0 - 50);
        return GuestImage.of("rom", rom);
    }

    @Test
    void aRomStartsAtTheResetVector() throws Exception {
        // mov al, 21; out f4, al
        BoardOutcome outcome = run(rom(0xb0, 21, 0xe6, 0xf4), Kind.ROM, ProcessorModel.MAX, 1);
        assertThat(outcome).isEqualTo(new BoardOutcome(End.EXITED, 21, "exit port"));
    }

    @Test
    void aTripleFaultIsAReset() throws Exception {
        // lidt of a table without entries: db 2e 0f 01 1e, then ud2
        BoardOutcome outcome =
                run(rom(0x0f, 0x01, 0x1e, 0x00, 0x06, 0x0f, 0x0b), Kind.ROM, ProcessorModel.MAX, 1);
        assertThat(outcome.end()).isEqualTo(End.RESET);
        assertThat(outcome.detail()).startsWith("triple fault at root CS:RIP f000:");
    }

    @Test
    void firmwareLeavesServicesBehind() throws Exception {
        // int 12: KiB of conventional memory; out f4, al
        BoardOutcome size = run(rom(0xcd, 0x12, 0xe6, 0xf4), Kind.ROM, ProcessorModel.MAX, 1);
        assertThat(size.value()).isEqualTo(639 & 0xff);
        // int 13; setc al; out f4, al
        BoardOutcome disk =
                run(rom(0xcd, 0x13, 0x0f, 0x92, 0xc0, 0xe6, 0xf4), Kind.ROM, ProcessorModel.MAX, 1);
        assertThat(disk.value()).as("there is no disk").isEqualTo(1);
    }

    @Test
    void softOffEndsTheMachine() throws Exception {
        // mov dx, 604; mov ax, SLP_EN; out dx, ax
        BoardOutcome outcome =
                run(rom(0xba, 0x04, 0x06, 0xb8, 0x00, 0x20, 0xef), Kind.ROM, ProcessorModel.MAX, 1);
        assertThat(outcome).isEqualTo(new BoardOutcome(End.EXITED, 0, "soft off"));
    }

    @Test
    void aMachineThatHaltsForEverSaysWhere() throws Exception {
        BoardOutcome outcome = run(rom(0xfa, 0xf4), Kind.ROM, ProcessorModel.MAX, 1);
        assertThat(outcome.end()).isEqualTo(End.TIMED_OUT);
        assertThat(outcome.detail()).contains("every processor halts").contains("f000:");
    }

    @Test
    void whatIsNoKernelIsRefused() {
        GuestImage text = GuestImage.of("notes.txt", new byte[100]);
        assertThatThrownBy(() -> run(text, Kind.MULTIBOOT, ProcessorModel.MAX, 1))
                .isInstanceOf(MachineSetupException.class)
                .hasMessageContaining("notes.txt")
                .hasMessageContaining("neither ELF");
        assertThatThrownBy(() -> run(text, Kind.LINUX, ProcessorModel.MAX, 1))
                .isInstanceOf(MachineSetupException.class)
                .hasMessageContaining("boot header");
    }
}
