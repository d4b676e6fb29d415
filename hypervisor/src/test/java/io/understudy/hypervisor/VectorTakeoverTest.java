package io.understudy.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.PageSet;
import io.understudy.checkpoint.StateReader;
import io.understudy.checkpoint.StateWriter;
import io.understudy.checkpoint.state.MachineState;
import io.understudy.hypervisor.guest.MachineCode;
import io.understudy.vmx.ProcessorModel;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A guest that computes on XMM and x87 registers survives a takeover at any instruction. */
class VectorTakeoverTest {
    private static final long RESULTS = 0x18_0000;

    /** Sums in XMM0 (integers), XMM2 (doubles) and ST(0), stored over and over. */
    private static final String CODE =
            "0f20e0 0d00060000 0f22e0" // CR4: OSFXSR, OSXMMEXCPT
                    + "b803000000 660f6ec8 660f70c900" // xmm1 = 3, 3, 3, 3
                    + "f20f2ad8" // cvtsi2sd xmm3, eax
                    + "dbe3 d9eb d9e8" // fninit; fldpi; fld1
                    // loop:
                    + "660ffec1" // paddd xmm0, xmm1
                    + "f20f58d3" // addsd xmm2, xmm3
                    + "d8c1" // fadd st0, st1
                    + "f30f7f042500001800" // movdqu [0x180000], xmm0
                    + "f20f11142510001800" // movsd [0x180010], xmm2
                    + "dd142518001800" // fst qword [0x180018]
                    + "ebdb"; // jmp loop

    private static final VirtualMachineConfig CONFIG =
            VirtualMachineConfig.of(2 << 20).withRunMode(RunMode.FREE);

    /** Stores PKRU, which XRSTOR loaded, over and over. */
    private static final String KEYS =
            "0f20e0 0d00004400 0f22e0" // CR4: OSXSAVE, PKE
                    + "31c9 31d2 b803020000 0f01d1" // XCR0: x87, SSE, PKRU
                    + "b854545454 0f01ef" // wrpkru
                    + "31d2 b800020000 480fae242500001900" // xsave64 [0x190000]
                    + "31c0 0f01ef" // wrpkru 0
                    + "b800020000 480fae2c2500001900" // xrstor64 [0x190000]
                    // loop:
                    + "0f01ee" // rdpkru
                    + "89042500001800" // mov [0x180000], eax
                    + "ebf4"; // jmp loop

    private static final VirtualMachineConfig WITH_KEYS = CONFIG.withProcessor(ProcessorModel.MAX);

    private static VirtualMachine boot() throws Exception {
        return boot(CONFIG, CODE);
    }

    private static VirtualMachine boot(VirtualMachineConfig config, String program)
            throws Exception {
        byte[] code = HexFormat.of().parseHex(program.replace(" ", ""));
        int[] bytes = new int[code.length];
        for (int i = 0; i < code.length; i++) {
            bytes[i] = code[i] & 0xff;
        }
        return VirtualMachine.boot(config, MachineCode.image(bytes), new FakeHostClock());
    }

    private static byte[] save(VirtualMachine machine) {
        StateWriter out = new StateWriter();
        MachineState.save(machine.components(), out);
        return out.toByteArray();
    }

    private static void copyAll(VirtualMachine from, VirtualMachine to) {
        PageSet pages = new PageSet(from.layout().regions());
        pages.addAll();
        MemorySegment page = MemorySegment.ofArray(new byte[PageId.PAGE_BYTES]);
        for (long p = pages.next(0); p >= 0; p = pages.next(p + 1)) {
            from.memory().readPage(p, page, 0);
            to.memory().writePage(p, page, 0);
        }
    }

    private static byte[] results(VirtualMachine machine) {
        byte[] page = new byte[PageId.PAGE_BYTES];
        machine.memory().readPage(RESULTS / PageId.PAGE_BYTES, MemorySegment.ofArray(page), 0);
        return java.util.Arrays.copyOf(page, 32);
    }

    @Test
    void sumsGoOnInTheSurvivor() throws Exception {
        long seed = 4711;
        Random random = new Random(seed);
        try (VirtualMachine primary = boot();
                VirtualMachine backup = VirtualMachine.standby(CONFIG, new FakeHostClock())) {
            long at = 0;
            for (int epoch = 1; epoch <= 20; epoch++) {
                at += 1 + random.nextInt(2_000);
                primary.run(at, Long.MAX_VALUE);
                copyAll(primary, backup);
                MachineState.restore(backup.layout(), backup.components(), save(primary));
                backup.activate();
                assertThat(backup.stateDigest())
                        .as("seed %d epoch %d", seed, epoch)
                        .isEqualTo(primary.stateDigest());
            }
            primary.run(at + 70_000, Long.MAX_VALUE);
            backup.run(at + 70_000, Long.MAX_VALUE);
            assertThat(results(backup)).isEqualTo(results(primary)).isNotEqualTo(new byte[32]);
            assertThat(backup.stateDigest()).isEqualTo(primary.stateDigest());
        }
    }

    @Test
    void aLostRegisterWouldShow() throws Exception {
        // The words before the last are XMM15; nothing but the digest can tell.
        try (VirtualMachine primary = boot();
                VirtualMachine backup = VirtualMachine.standby(CONFIG, new FakeHostClock())) {
            primary.run(1_000, Long.MAX_VALUE);
            copyAll(primary, backup);
            MachineState.restore(backup.layout(), backup.components(), save(primary));
            backup.activate();
            var vcpu =
                    backup.components().stream()
                            .filter(c -> c.name().equals("vcpu0"))
                            .findFirst()
                            .orElseThrow();
            StateWriter out = new StateWriter();
            vcpu.save(out);
            byte[] state = out.toByteArray();
            state[state.length - Long.BYTES - 1] ^= 1;
            vcpu.restore(new StateReader("vcpu0", state));
            assertThat(backup.stateDigest()).isNotEqualTo(primary.stateDigest());
        }
    }

    @Test
    void rightsOfProtectionKeysGoOnInTheSurvivor() throws Exception {
        try (VirtualMachine primary = boot(WITH_KEYS, KEYS);
                VirtualMachine backup = VirtualMachine.standby(WITH_KEYS, new FakeHostClock())) {
            primary.run(100, Long.MAX_VALUE);
            copyAll(primary, backup);
            MachineState.restore(backup.layout(), backup.components(), save(primary));
            backup.activate();
            assertThat(backup.stateDigest()).isEqualTo(primary.stateDigest());
            backup.memory()
                    .writePage(
                            RESULTS / PageId.PAGE_BYTES,
                            MemorySegment.ofArray(new byte[PageId.PAGE_BYTES]),
                            0);
            backup.run(200, Long.MAX_VALUE);
            assertThat(results(backup)).startsWith(0x54, 0x54, 0x54, 0x54);
        }
    }
}
