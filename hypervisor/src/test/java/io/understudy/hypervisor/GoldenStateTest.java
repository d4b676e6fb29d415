package io.understudy.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.checkpoint.StateComponent;
import io.understudy.checkpoint.StateWriter;
import io.understudy.hypervisor.guest.MachineCode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Golden bytes of component states in their current versions: added to, never edited. */
class GoldenStateTest {
    /** Sets up a periodic timer and a console register, then spins with interrupts off. */
    private static final int[] CODE = {
        0xb9,
        0x0f,
        0x08,
        0x00,
        0x00, // mov ecx, 0x80f
        0xb8,
        0xff,
        0x01,
        0x00,
        0x00, // mov eax, 0x1ff
        0x31,
        0xd2, // xor edx, edx
        0x0f,
        0x30, // wrmsr: SVR
        0xb9,
        0x32,
        0x08,
        0x00,
        0x00, // mov ecx, 0x832
        0xb8,
        0x40,
        0x00,
        0x02,
        0x00, // mov eax, 0x20040
        0x0f,
        0x30, // wrmsr: LVT timer, periodic
        0xb9,
        0x38,
        0x08,
        0x00,
        0x00, // mov ecx, 0x838
        0xb8,
        0x88,
        0x13,
        0x00,
        0x00, // mov eax, 5000
        0x0f,
        0x30, // wrmsr: initial count
        0x66,
        0xba,
        0xff,
        0x03, // mov dx, 0x3ff
        0xb0,
        0x5a, // mov al, 0x5a
        0xee, // out dx, al: scratch
        0xeb,
        0xfe // jmp $
    };

    private static VirtualMachine machine() throws Exception {
        VirtualMachine machine =
                VirtualMachine.boot(
                        VirtualMachineConfig.of(2 << 20).withRunMode(RunMode.FREE),
                        MachineCode.image(CODE),
                        new FakeHostClock());
        machine.run(1500, Long.MAX_VALUE);
        return machine;
    }

    private static byte[] state(VirtualMachine machine, String name) {
        for (StateComponent c : machine.components()) {
            if (c.name().equals(name)) {
                assertThat(c.version()).isEqualTo(name.equals("vcpu0") ? 3 : 1);
                StateWriter out = new StateWriter();
                c.save(out);
                return out.toByteArray();
            }
        }
        throw new AssertionError("no component " + name);
    }

    @Test
    void devices() throws Exception {
        try (VirtualMachine machine = machine()) {
            HexFormat hex = HexFormat.of();
            assertThat(hex.formatHex(state(machine, "lapic0")))
                    .isEqualTo(
                            "00000000ff0100000000000000000000"
                                    + "0000010000000100000001000000010000000100"
                                    + "400002008813000000000000664e000000000000"
                                    + "0000000000000000".repeat(5)
                                    + "0100000000000000"
                                    + "0000000000000000".repeat(2));
            assertThat(hex.formatHex(state(machine, "com1"))).isEqualTo("0000005a0c0000000000");
            assertThat(hex.formatHex(state(machine, "debug-exit"))).isEqualTo("0000");
        }
    }

    @Test
    void vcpu() throws Exception {
        Map<Integer, Long> expected = new TreeMap<>();
        long[][] words = {
            {0, 0x135a}, // RAX
            {1, 0x838}, // RCX
            {2, 0x3ff}, // RDX
            {7, 0x1000}, // RDI
            {16, 0x10002d}, // RIP
            {17, 0x46}, // RFLAGS
            {18, 0x80010033L}, // CR0
            {20, 0x2000}, // CR3
            {21, 0x20}, // CR4
            {22, 1}, // XCR0
            {27, 0xffff0ff0L}, // DR6
            {28, 0x400}, // DR7
            {30, 0x10},
            {32, 0xffff_ffffL},
            {33, 0xc093}, // ES
            {34, 0x08},
            {36, 0xffff_ffffL},
            {37, 0xa09b}, // CS
            {38, 0x10},
            {40, 0xffff_ffffL},
            {41, 0xc093}, // SS
            {42, 0x10},
            {44, 0xffff_ffffL},
            {45, 0xc093}, // DS
            {46, 0x10},
            {48, 0xffff_ffffL},
            {49, 0xc093}, // FS
            {50, 0x10},
            {52, 0xffff_ffffL},
            {53, 0xc093}, // GS
            {57, 0x10000}, // LDTR rights
            {58, 0x18},
            {60, 0x67},
            {61, 0x8b}, // TR
            {66, 0xd00}, // EFER
            {67, 0x7040600070406L}, // PAT
            {83, 15000}, // guest TSC
            {84, 1500}, // instructions
            {85, 10}, // ns per instruction
            {86, 0x37f}, // x87 control word
            {89, 0x1f80}, // MXCSR
        };
        for (long[] w : words) {
            expected.put((int) w[0], w[1]);
        }
        try (VirtualMachine machine = machine()) {
            ByteBuffer state =
                    ByteBuffer.wrap(state(machine, "vcpu0")).order(ByteOrder.LITTLE_ENDIAN);
            assertThat(state.limit()).isEqualTo(139 * 8);
            Map<Integer, Long> found = new TreeMap<>();
            for (int i = 0; i < 139; i++) {
                if (state.getLong(8 * i) != 0) {
                    found.put(i, state.getLong(8 * i));
                }
            }
            assertThat(found).isEqualTo(expected);
        }
    }
}
