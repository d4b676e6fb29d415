package io.understudy.vmx.execute;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.Vector;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Repeated string instructions: bulk work, faults and budgets in their middle. */
final class StringTest {
    private static final String REP_MOVSB = "f3a4";
    private static final String REP_STOSQ = "f348ab";
    private final Guest guest = new Guest();

    @BeforeEach
    void registers() {
        guest.cpu.gpr[Cpu.RSI] = Guest.DATA;
        guest.cpu.gpr[Cpu.RDI] = Guest.DATA + 0x8000;
    }

    @AfterEach
    void close() {
        guest.close();
    }

    private void fillSource(int bytes) {
        for (int i = 0; i < bytes; i++) {
            guest.physical.write8(Guest.DATA + i, i * 7 + 1);
        }
    }

    @Test
    void copyAcrossPagesCountsEveryIteration() {
        fillSource(0x3000);
        guest.cpu.gpr[Cpu.RSI] = Guest.DATA + 5;
        guest.cpu.gpr[Cpu.RCX] = 0x2800;
        guest.run(REP_MOVSB);
        for (int i = 0; i < 0x2800; i++) {
            assertThat(guest.physical.read8(Guest.DATA + 0x8000 + i))
                    .isEqualTo(((i + 5) * 7 + 1) & 0xff);
        }
        assertThat(guest.retired()).isEqualTo(0x2800);
        assertThat(guest.reg(Cpu.RCX)).isZero();
        assertThat(guest.reg(Cpu.RSI)).isEqualTo(Guest.DATA + 5 + 0x2800);
        assertThat(guest.reg(Cpu.RDI)).isEqualTo(Guest.DATA + 0x8000 + 0x2800);
    }

    @Test
    void zeroIterationsCountAsOneInstruction() {
        guest.cpu.gpr[Cpu.RCX] = 0;
        guest.run(REP_MOVSB);
        assertThat(guest.retired()).isEqualTo(1);
        assertThat(guest.reg(Cpu.RSI)).isEqualTo(Guest.DATA);
    }

    @Test
    void faultInTheMiddleKeepsTheCompletedIterations() {
        guest.frames[(int) ((Guest.DATA + 0x9000) >>> 12)] = -1;
        guest.cpu.gpr[Cpu.RDI] = Guest.DATA + 0x8ff0;
        guest.cpu.gpr[Cpu.RCX] = 100;
        guest.run("90" + REP_MOVSB);
        assertThat(guest.vector).isEqualTo(Vector.PF);
        assertThat(guest.faultAddress).isEqualTo(Guest.DATA + 0x9000);
        assertThat(guest.faultRip).isEqualTo(Guest.CODE + 1);
        assertThat(guest.reg(Cpu.RCX)).isEqualTo(84);
        assertThat(guest.reg(Cpu.RDI)).isEqualTo(Guest.DATA + 0x9000);
        assertThat(guest.retired()).isEqualTo(1 + 16);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 7, 100, 513, 5000})
    void budgetStopsInTheMiddleAndTheRestGoesOn(long slice) {
        guest.cpu.gpr[Cpu.RAX] = 0x0102030405060708L;
        guest.cpu.gpr[Cpu.RCX] = 1500;
        guest.put(Guest.CODE, REP_STOSQ + "f4");
        guest.cpu.rip = Guest.CODE;
        long done = 0;
        while (true) {
            guest.resume(slice);
            done += guest.retired();
            if (!guest.budgetEnded) {
                break;
            }
            assertThat(guest.retired()).isEqualTo(slice);
            assertThat(guest.reg(Cpu.RCX)).isEqualTo(1500 - done);
            assertThat(guest.cpu.rip).isEqualTo(done == 1500 ? Guest.CODE + 3 : Guest.CODE);
        }
        assertThat(done).isEqualTo(1500);
        for (int i = 0; i < 1500; i++) {
            assertThat(guest.physical.read64(Guest.DATA + 0x8000 + 8L * i))
                    .isEqualTo(0x0102030405060708L);
        }
        assertThat(guest.physical.read64(Guest.DATA + 0x8000 + 8 * 1500)).isZero();
    }

    @Test
    void overlappingForwardCopyRepeatsItsOwnOutput() {
        guest.physical.write8(Guest.DATA, 0x5a);
        guest.cpu.gpr[Cpu.RDI] = Guest.DATA + 1;
        guest.cpu.gpr[Cpu.RCX] = 0x1800;
        guest.run(REP_MOVSB);
        for (int i = 0; i <= 0x1800; i++) {
            assertThat(guest.physical.read8(Guest.DATA + i)).isEqualTo(0x5a);
        }
    }

    @Test
    void overlapThroughTwoAddressesOfOneFrameIsSeen() {
        guest.map(Guest.DATA + 0x8000, Guest.DATA >>> 12);
        guest.physical.write8(Guest.DATA, 0x5a);
        guest.cpu.gpr[Cpu.RDI] = Guest.DATA + 0x8001;
        guest.cpu.gpr[Cpu.RCX] = 0x800;
        guest.run(REP_MOVSB);
        assertThat(guest.physical.read8(Guest.DATA + 0x800)).isEqualTo(0x5a);
    }

    @Test
    void bulkAndDeviceAgreeForEveryInstruction() {
        Random random = new Random(20261122);
        String[] prefixes = {"f3", "f2"};
        String[] opcodes = {
            "a4", "66a5", "a5", "48a5", "a6", "48a7", "aa", "ab", "ac", "ae", "48af"
        };
        for (int round = 0; round < 300; round++) {
            String opcode = opcodes[random.nextInt(opcodes.length)];
            String code = prefixes[random.nextInt(2)] + opcode;
            boolean down = random.nextBoolean();
            long count = random.nextInt(900);
            long from = Guest.DATA + 0x4000 + random.nextInt(0x2000);
            long to = random.nextBoolean() ? from + random.nextInt(40) - 20 : from + 0x3000;
            int pattern = random.nextInt(3);
            long seed = random.nextLong();
            String plain = outcome(code, down, count, from, to, pattern, seed, false);
            String slow = outcome(code, down, count, from, to, pattern, seed, true);
            assertThat(plain)
                    .as(
                            "round %d: %s down=%s count=%d from=%x to=%x",
                            round, code, down, count, from, to)
                    .isEqualTo(slow);
        }
    }

    /** Everything that the instruction leaves, with or without tags for its pages. */
    private static String outcome(
            String code,
            boolean down,
            long count,
            long from,
            long to,
            int pattern,
            long seed,
            boolean device) {
        try (Guest g = new Guest()) {
            Random random = new Random(seed);
            for (long at = Guest.DATA; at < Guest.DATA + 0x10000; at += 8) {
                long value = pattern == 0 ? 0 : pattern == 1 ? random.nextLong() : 0x1111L;
                g.physical.write64(at, value);
            }
            for (int p = (int) (Guest.DATA >>> 12); p < (Guest.DATA >>> 12) + 16; p++) {
                g.device[p] = device;
            }
            g.cpu.gpr[Cpu.RAX] = pattern == 2 ? 0x1111 : 0;
            g.cpu.gpr[Cpu.RCX] = count;
            g.cpu.gpr[Cpu.RSI] = from;
            g.cpu.gpr[Cpu.RDI] = to;
            g.cpu.systemFlags = 2 | (down ? Flags.DF : 0);
            g.run(code);
            StringBuilder state = new StringBuilder();
            for (int r = 0; r < 8; r++) {
                state.append(Long.toHexString(g.reg(r))).append(' ');
            }
            state.append(Flags.rflags(g.cpu)).append(' ').append(g.retired());
            long hash = 1;
            for (long at = Guest.DATA; at < Guest.DATA + 0x10000; at += 8) {
                hash = hash * 31 + g.physical.read64(at);
            }
            return state.append(' ').append(hash).toString();
        }
    }

    @Test
    void addressSize32WrapsAndCountsInEcx() {
        guest.physical.write8(Guest.DATA, 0x77);
        guest.cpu.gpr[Cpu.RSI] = Guest.DATA | 0xdead_0000_0000_0000L;
        guest.cpu.gpr[Cpu.RDI] = (Guest.DATA + 0x100) | 0xffff_ffff_0000_0000L;
        guest.cpu.gpr[Cpu.RCX] = 0xffff_ffff_0000_0001L;
        guest.run("67" + REP_MOVSB);
        assertThat(guest.physical.read8(Guest.DATA + 0x100)).isEqualTo(0x77);
        assertThat(guest.reg(Cpu.RCX)).isZero();
        assertThat(guest.reg(Cpu.RSI)).isEqualTo(Guest.DATA + 1);
    }

    @Test
    void copyOntoItsOwnCodeIsSeen() {
        // rep movsb over the mov behind it: b8 01.. becomes b8 02..
        guest.put(Guest.DATA, "b8 02000000");
        guest.cpu.gpr[Cpu.RDI] = Guest.CODE + 2;
        guest.cpu.gpr[Cpu.RCX] = 5;
        guest.run(REP_MOVSB + "b8 01000000");
        assertThat(guest.reg(Cpu.RAX)).isEqualTo(2);
    }
}
