package io.understudy.hypervisor.interrupt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.StateReader;
import io.understudy.checkpoint.StateWriter;
import io.understudy.checkpoint.digest.Digest;
import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.VirtualMachineConfig;
import io.understudy.vmx.memory.PhysicalMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A checkpoint in the middle of pending interrupts goes on in a machine of another stage. */
class InterruptTakeoverTest {
    private static final VirtualMachineConfig CONFIG = VirtualMachineConfig.of(4 << 20);
    private static final long START_NS = 200_000;

    /** A turn and a bit, so that the moments fall into handlers, too. */
    private static final long STEP_NS = 20_170;

    private static final int POINTS = 30;

    /** Long enough for every kind of interrupt to come again. */
    private static final long AFTERWARDS_NS = 300_000;

    @ParameterizedTest
    @EnumSource(ApicMode.class)
    void anyStageCarriesOnWhatAnyOtherBegan(ApicMode mode) throws Exception {
        List<InterruptStage> stages = InterruptStage.of(mode);
        int inService = 0;
        int requested = 0;
        for (int point = 0; point < POINTS; point++) {
            InterruptStage from = stages.get(point % stages.size());
            InterruptStage to = stages.get((point + 1 + point / stages.size()) % stages.size());
            long at = START_NS + point * STEP_NS;
            try (InterruptMachine source = boot(from);
                    InterruptMachine target = InterruptMachine.standby(CONFIG, to)) {
                source.run(at, () -> false);
                byte[] state = source.saveState();
                copyPages(source, target);
                target.restore(state, source.virtualNs());
                assertThat(target.digest())
                        .as("%s to %s at %d", from, to, at)
                        .isEqualTo(source.digest());
                inService += source.isAnyInService() ? 1 : 0;
                requested += source.isAnyRequested() ? 1 : 0;
                Digest expected = goOn(source, at + AFTERWARDS_NS);
                assertThat(goOn(target, at + AFTERWARDS_NS))
                        .as("%s to %s at %d", from, to, at)
                        .isEqualTo(expected);
                assertThat(target.report()).isEqualTo(source.report());
                assertThat(target.report().errors()).isZero();
            }
        }
        // Otherwise the moments were ill chosen and nothing was tested.
        assertThat(inService).isPositive();
        assertThat(requested).isPositive();
    }

    @Test
    void postedInterruptsAreFoldedIntoTheRequests() throws Exception {
        try (PhysicalMemory memory = new PhysicalMemory(1 << 20)) {
            PostedDescriptor posted = new PostedDescriptor(memory, 0x1000, 0xf1, 1);
            VirtualLocalApic apic = apic(memory, 0x2000, ApicMode.X2APIC);
            assertThat(posted.post(0x51)).as("first").isTrue();
            assertThat(posted.post(0x71)).as("outstanding").isFalse();
            posted.suppress(true);
            apic.page().setBit(ApicRegister.IRR, 0x41, true);
            apic.arrive(0x61, true);
            StateWriter out = new StateWriter();
            new ApicComponent(apic, posted, new ApicComponent.StartState()).save(out);
            assertThat(posted.requests(1)).as("saving changes nothing").isNotZero();

            PostedDescriptor other = new PostedDescriptor(memory, 0x3000, 0xf1, 1);
            other.post(0x99);
            other.suppress(true);
            VirtualLocalApic restored = apic(memory, 0x4000, ApicMode.X2APIC);
            component(restored, other).restore(new StateReader("lapic", out.toByteArray()));
            for (int vector : new int[] {0x41, 0x51, 0x61, 0x71}) {
                assertThat(restored.page().bit(ApicRegister.IRR, vector)).isTrue();
            }
            assertThat(restored.page().bit(ApicRegister.IRR, 0x99)).isFalse();
            assertThat(restored.page().bit(ApicRegister.TMR, 0x61)).isTrue();
            assertThat(restored.page().bit(ApicRegister.TMR, 0x51)).isFalse();
            assertThat(other.isOutstanding()).isFalse();
            assertThat(other.isSuppressed()).isFalse();
            assertThat(other.requests(2)).isZero();
            assertThat(other.post(0x52)).as("notifies again").isTrue();
        }
    }

    @Test
    void savedBytesAreThoseOfTheFormat() {
        try (PhysicalMemory memory = new PhysicalMemory(1 << 20)) {
            PostedDescriptor posted = new PostedDescriptor(memory, 0x1000, 0xf1, 0);
            VirtualLocalApic apic = apic(memory, 0x2000, ApicMode.XAPIC);
            apic.write(ApicRegister.TPR, 0x20, 0);
            apic.write(ApicRegister.ICR_HIGH, 0x0100_0000, 0);
            apic.write(ApicRegister.ICR, 0x4071, 0);
            apic.write(ApicRegister.LVT_TIMER, 0x2_0042, 0);
            apic.write(ApicRegister.DIVIDE, 0xb, 0);
            apic.write(ApicRegister.INITIAL_COUNT, 1000, 500);
            apic.accept(0x61, true);
            apic.acknowledge(0x61);
            posted.post(0x91);
            StateWriter out = new StateWriter();
            component(apic, posted).save(out);
            assertThat(HexFormat.of().formatHex(out.toByteArray()))
                    .isEqualTo(
                            "0000"
                                    + "20000000" // TPR
                                    + "00000000" // LDR
                                    + "ffffffff" // DFR
                                    + "ff010000" // SVR
                                    + "7140000000000001" // ICR
                                    + "0000010000000100000001000000010000000100" // LVT
                                    + "42000200e80300000b000000dc05000000000000" // timer
                                    + "00000000000000000000000002000000" // ISR
                                    + "00000000000000000000000000000000"
                                    + "00000000000000000000000002000000" // TMR
                                    + "00000000000000000000000000000000"
                                    + "00000000000000000000000000000000" // IRR
                                    + "00000200000000000000000000000000");
        }
    }

    @Test
    void suppressedPostingSendsNoNotification() {
        try (PhysicalMemory memory = new PhysicalMemory(1 << 20)) {
            PostedDescriptor posted = new PostedDescriptor(memory, 0x1000, 0xf1, 1);
            posted.suppress(true);
            assertThat(posted.post(0x51)).isFalse();
            assertThat(posted.isOutstanding()).isFalse();
            posted.suppress(false);
            assertThat(posted.post(0x52)).isTrue();
            assertThat(posted.requests(1)).isEqualTo(3L << 0x51);
            assertThat(posted.destination()).isEqualTo(1);
        }
    }

    @Test
    void aStateThatNoLocalApicHasIsRefused() throws Exception {
        try (PhysicalMemory memory = new PhysicalMemory(1 << 20)) {
            PostedDescriptor posted = new PostedDescriptor(memory, 0x1000, 0xf1, 0);
            VirtualLocalApic apic = apic(memory, 0x2000, ApicMode.XAPIC);
            StateWriter out = new StateWriter();
            component(apic, posted).save(out);
            byte[] good = out.toByteArray();
            assertRefused(apic, posted, good, 0, 1, "is not that of this machine");
            assertRefused(apic, posted, good, 0, 2, "is 2, not 0 or 1");
            assertRefused(apic, posted, good, 3, 1, "TPR has reserved bits");
            assertRefused(apic, posted, good, good.length - 32, 1, "holds one below 16");
            component(apic, posted).restore(new StateReader("lapic", good));
        }
    }

    private static void assertRefused(
            VirtualLocalApic apic,
            PostedDescriptor posted,
            byte[] good,
            int at,
            int value,
            String words) {
        byte[] bad = good.clone();
        bad[at] = (byte) value;
        assertThatThrownBy(() -> component(apic, posted).restore(new StateReader("lapic", bad)))
                .isInstanceOf(CorruptStateException.class)
                .hasMessageContaining(words);
    }

    private static ApicComponent component(VirtualLocalApic apic, PostedDescriptor posted) {
        return new ApicComponent(apic, posted, new ApicComponent.StartState());
    }

    private static VirtualLocalApic apic(PhysicalMemory memory, long page, ApicMode mode) {
        VirtualLocalApic apic =
                new VirtualLocalApic(0, mode, new ApicPage(memory, page), new SilentBus());
        apic.write(ApicRegister.SVR, 0x1ff, 0);
        return apic;
    }

    private static final class SilentBus implements ApicBus {
        @Override
        public void send(int sender, long command) {}

        @Override
        public void endOfLevel(int vector) {}
    }

    private static InterruptMachine boot(InterruptStage stage) throws Exception {
        return InterruptMachine.boot(CONFIG, stage, GuestImage.builtIn("interrupts"));
    }

    private static Digest goOn(InterruptMachine machine, long untilNs) {
        machine.run(untilNs, () -> false);
        assertThat(machine.hasEnded()).as(machine.exitStatus()).isFalse();
        return machine.digest();
    }

    private static void copyPages(InterruptMachine from, InterruptMachine to) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment page = arena.allocate(PageId.PAGE_BYTES);
            for (long id = 0; id < from.layout().pages(); id++) {
                from.memory().readPage(id, page, 0);
                to.memory().writePage(id, page, 0);
            }
        }
    }
}
