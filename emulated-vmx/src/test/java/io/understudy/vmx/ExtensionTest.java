package io.understudy.vmx;

import static io.understudy.vmx.VmcsField.*;
import static io.understudy.vmx.VmxControls.*;
import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.decode.Decoder;
import io.understudy.vmx.decode.Extension;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.Opcode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What CPUID reports and what executes agree, for every model, every extension and every
 * instruction of it: SDM volume 2, "CPUID", and the feature flag of each instruction.
 */
final class ExtensionTest {
    private static final String[] PREFIXES = {"", "66", "f3", "f2", "48", "6648", "f348", "f248"};
    private static final String[] MAPS = {"", "0f", "0f38", "0f3a"};
    private static final String[] VEX_PREFIXES = {
        "c4e270", "c4e271", "c4e272", "c4e273", "c4e370", "c4e371", "c4e372", "c4e37b"
    };

    /** A register and a memory operand for each ModRM.reg. */
    private static final int[] MODRM = {
        0xc1, 0xc9, 0xd1, 0xd9, 0xe1, 0xe9, 0xf1, 0xf9, 0x00, 0x08, 0x10, 0x18, 0x20, 0x28, 0x30,
        0x38
    };

    private static final int UNDEFINED_OPCODE = 6;
    private static final int VECTOR = 0xff;

    /** One encoding of each instruction that belongs to an extension. */
    private static Map<Opcode, byte[]> encodings() {
        Set<Opcode> wanted = EnumSet.noneOf(Opcode.class);
        for (Extension e : Extension.values()) {
            wanted.addAll(e.opcodes());
        }
        Map<Opcode, byte[]> found = new EnumMap<>(Opcode.class);
        List<String> openings = new ArrayList<>(List.of(VEX_PREFIXES));
        for (String prefix : PREFIXES) {
            for (String map : MAPS) {
                openings.add(prefix + map);
            }
        }
        for (String opening : openings) {
            for (int opcode = 0; opcode < 256; opcode++) {
                for (int modRm : MODRM) {
                    add(found, wanted, opening, opcode, modRm);
                }
            }
        }
        // Group 7 has an instruction for each ModRM byte.
        for (int modRm = 0xc0; modRm < 256; modRm++) {
            add(found, wanted, "0f", 1, modRm);
        }
        assertThat(found.keySet()).isEqualTo(wanted);
        return found;
    }

    private static void add(
            Map<Opcode, byte[]> found, Set<Opcode> wanted, String opening, int opcode, int modRm) {
        byte[] bytes =
                HexFormat.of()
                        .parseHex(opening + "%02x%02x000000000000000000".formatted(opcode, modRm));
        Insn insn = Decoder.decode(bytes, 0, bytes.length, 64);
        if (wanted.contains(insn.opcode())) {
            found.putIfAbsent(insn.opcode(), Arrays.copyOf(bytes, insn.length()));
        }
    }

    @ParameterizedTest
    @EnumSource(ProcessorModel.class)
    void anInstructionExecutesExactlyIfCpuidReportsItsExtension(ProcessorModel model) {
        PlatformConfig config = new PlatformConfig(16 << 20, 1, 10, 1, false, model);
        Map<Opcode, byte[]> encodings = encodings();
        try (GuestMachine m = new GuestMachine(config)) {
            prepare(m, model);
            for (Extension e : Extension.values()) {
                boolean reported = isReported(m, e);
                assertThat(reported).as("%s", e).isEqualTo(model.extensions().contains(e));
                for (Opcode o : e.opcodes()) {
                    byte[] code = Objects.requireNonNull(encodings.get(o));
                    boolean replaced = o == Opcode.LZCNT || o == Opcode.TZCNT;
                    assertThat(isUndefined(m, code))
                            .as("%s of %s on %s", o, e, model)
                            .isEqualTo(!reported && !replaced);
                }
            }
        }
    }

    @Test
    void withoutTheirExtensionsTheCountsAreScans() {
        // lzcnt rax, rcx; tzcnt rdx, rcx; hlt
        byte[] code = GuestMachine.hex("f3480fbdc1 f3480fbcd1 f4");
        for (ProcessorModel model : ProcessorModel.values()) {
            PlatformConfig config = new PlatformConfig(16 << 20, 1, 10, 1, false, model);
            try (GuestMachine m = new GuestMachine(config, code)) {
                withoutFlagsOfEpt(m);
                m.lp.setGpr(Cpu.RCX, 0x10);
                assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
                boolean counts = model.extensions().contains(Extension.LEADING_ZEROS);
                assertThat(m.lp.gpr(Cpu.RAX)).as("%s", model).isEqualTo(counts ? 59 : 4);
                assertThat(m.lp.gpr(Cpu.RDX)).isEqualTo(4);
            }
        }
    }

    private static void prepare(GuestMachine m, ProcessorModel model) {
        long wanted =
                ControlBits.CR4_OSFXSR
                        | ControlBits.CR4_OSXSAVE
                        | ControlBits.CR4_FSGSBASE
                        | ControlBits.CR4_PKE;
        m.lp.vmwrite(GUEST_CR4, m.lp.vmread(GUEST_CR4) | (wanted & model.supportedCr4()));
        int allowed = (int) (m.lp.rdmsr(0x48b) >>> 32);
        m.set(
                SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS,
                (SECONDARY_RDTSCP | SECONDARY_INVPCID) & allowed);
        m.lp.vmwrite(EXCEPTION_BITMAP, 0xffff_ffffL);
        withoutFlagsOfEpt(m);
    }

    /** Not every model has accessed and dirty flags for EPT. */
    private static void withoutFlagsOfEpt(GuestMachine m) {
        m.lp.vmwrite(EPT_POINTER, m.lp.vmread(EPT_POINTER) & ~GuestMachine.EPTP_AD);
    }

    private static boolean isUndefined(GuestMachine m, byte[] code) {
        m.load(GuestMachine.CODE, code);
        m.memory.write8(GuestMachine.RAM + GuestMachine.CODE + code.length, 0xf4);
        m.lp.vmwrite(GUEST_RIP, GuestMachine.CODE);
        for (int r = 0; r < 16; r++) {
            if (r != Cpu.RSP) {
                m.lp.setGpr(r, 0);
            }
        }
        m.lp.setGpr(Cpu.RAX, GuestMachine.DATA);
        return m.runTo() == ExitReason.EXCEPTION_OR_NMI
                && (m.lp.vmread(EXIT_INTERRUPTION_INFORMATION) & VECTOR) == UNDEFINED_OPCODE;
    }

    private static boolean isReported(GuestMachine m, Extension e) {
        int[] r = new int[4];
        int register =
                switch (e.leaf()) {
                    case BASIC_ECX -> query(m, 1, 0, r, 2);
                    case STRUCTURED_EBX -> query(m, 7, 0, r, 1);
                    case STRUCTURED_ECX -> query(m, 7, 0, r, 2);
                    case XSAVE_EAX -> query(m, 0xd, 1, r, 0);
                    case EXTENDED_ECX -> query(m, 0x8000_0001, 0, r, 2);
                    case EXTENDED_EDX -> query(m, 0x8000_0001, 0, r, 3);
                };
        return (register & e.mask()) != 0;
    }

    private static int query(GuestMachine m, int leaf, int subleaf, int[] r, int index) {
        m.lp.cpuid(leaf, subleaf, r);
        return r[index];
    }
}
