package io.understudy.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.checkpoint.PageSet;
import io.understudy.checkpoint.ProtectedMachine.StopCause;
import io.understudy.checkpoint.oracle.ContentOracle;
import io.understudy.hypervisor.device.PortDevice;
import io.understudy.hypervisor.guest.MachineCode;
import io.understudy.hypervisor.memory.GuestRam;
import io.understudy.hypervisor.paging.PagingOptions;
import io.understudy.hypervisor.paging.SwapFailure;
import io.understudy.hypervisor.paging.VictimPolicyName;
import io.understudy.vmx.VmcsField;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A swap file that fails under a protected machine, whoever needs the page: a device, an
 * instruction, a walk, the delivery of an event, the first full copy, a checkpoint, a digest.
 */
class SwapFailureTest {
    private static final int PORT = 0x50;
    private static final int FIRST_PAGE = 0x300;
    private static final int PAGES = 1024;
    private static final long RESIDENT = 512;

    private final FakeHostClock clock = new FakeHostClock();
    private final FailingSwap swap = new FailingSwap();

    /**
     * Writes a word of each of {@link #PAGES} pages, round and round, and each time has the device
     * write to a page whose turn was long ago.
     */
    private static final int[] WRITER = {
        0x31, 0xdb, // xor ebx, ebx
        0x83, 0xc3, 0x01, // 1: add ebx, 1
        0x69, 0xc3, 0x45, 0x01, 0x00, 0x00, // imul eax, ebx, 325
        0x25, 0xff, 0x03, 0x00, 0x00, // and eax, PAGES - 1
        0xc1, 0xe0, 0x0c, // shl eax, 12
        0x48, 0x05, 0x00, 0x00, 0x30, 0x00, // add rax, 0x300000
        0x89, 0x18, // mov [rax], ebx
        0x03, 0x50, 0x08, // add edx, [rax+8], which the device wrote
        0x89, 0xd8, // mov eax, ebx
        0xe7, PORT, // out PORT, eax
        0xeb, 0xde, // jmp 1b
    };

    /** Writes 16 bytes, half of them in one page and half in the next. */
    private record Disk(GuestRam ram) implements PortDevice {
        @Override
        public int in(int offset, int bytes) {
            return 0;
        }

        @Override
        public void out(int offset, int bytes, int value) {
            byte[] block = new byte[16];
            for (int i = 0; i < block.length; i++) {
                block[i] = (byte) (value >>> (8 * (i & 3)));
            }
            int page = FIRST_PAGE + value * 77 % (PAGES - 1);
            long gpa = (page + 1) * 4096L - 8;
            ram.write(gpa, MemorySegment.ofArray(block), 0, block.length);
            ram.write(gpa + 16, MemorySegment.ofArray(block), 0, 4); // where the guest reads
        }
    }

    private static VirtualMachineConfig config() {
        return VirtualMachineConfig.of(8 << 20).withRunMode(RunMode.FREE);
    }

    private VirtualMachine paged(VirtualMachineConfig config, GuestImage guest) throws Exception {
        PagingOptions paging =
                new PagingOptions(RESIDENT, VictimPolicyName.CLOCK, Path.of("not used"));
        return VirtualMachine.boot(config.withPaging(paging), guest, clock, path -> swap);
    }

    private VirtualMachine writer(DirtyLogMode mode) throws Exception {
        VirtualMachine machine = paged(config().withDirtyLog(mode), MachineCode.image(WRITER));
        machine.attach(PORT, 1, Disk::new);
        return machine;
    }

    private static VirtualMachine standbyWriter(DirtyLogMode mode) throws Exception {
        VirtualMachine machine =
                VirtualMachine.standby(config().withDirtyLog(mode), new FakeHostClock());
        machine.attach(PORT, 1, Disk::new);
        return machine;
    }

    private static StateDigest undisturbed(long instructions) throws Exception {
        try (VirtualMachine machine =
                VirtualMachine.boot(
                        config().withDirtyLog(DirtyLogMode.DIRTY_BIT),
                        MachineCode.image(WRITER),
                        new FakeHostClock())) {
            machine.attach(PORT, 1, Disk::new);
            machine.run(instructions, Long.MAX_VALUE);
            assertThat(machine.instructions()).isEqualTo(instructions);
            return machine.stateDigest();
        }
    }

    /** Runs until the guest gets no further, or to the instruction; returns whether it stalled. */
    private boolean stalls(VirtualMachine machine, long until) {
        StopCause cause = StopCause.OUTPUT;
        while (cause == StopCause.OUTPUT) {
            machine.output().release(machine.output().writtenOffset());
            cause = machine.run(until, clock.nowNs() + 50_000_000);
        }
        return cause == StopCause.DEADLINE && machine.instructions() < until;
    }

    /** Whether the last exit was of the instruction with which the guest asks the device. */
    private static boolean isAtDevice(VirtualMachine machine) {
        return (machine.processor().vmread(VmcsField.EXIT_REASON) & 0xffff) == 30;
    }

    @ParameterizedTest
    @CsvSource({"DIRTY_BIT, 1", "PML, 2", "HYBRID, 3"})
    void aDeviceThatNeedsAPageOfAFailedSwapFilePausesAProtectedGuest(DirtyLogMode mode, long seed)
            throws Exception {
        Random random = new Random(seed);
        int atDevice = 0;
        try (ProtectedPair pair = new ProtectedPair(writer(mode), standbyWriter(mode));
                ContentOracle oracle = new ContentOracle(pair.primary)) {
            PageSet changed = new PageSet(pair.primary.layout().regions());
            for (int round = 0; round < 24; round++) {
                swap.isFull = random.nextBoolean();
                swap.isBroken = random.nextBoolean();
                boolean isStalled = stalls(pair.primary, pair.primary.instructions() + 4_000);
                if (isStalled) {
                    assertThat(pair.primary.exitStatus())
                            .matches(
                                    "the guest is paused: a page that it needs cannot be brought in:"
                                            + " a page cannot be (written to|read from) swap: .*");
                    atDevice += isAtDevice(pair.primary) ? 1 : 0;
                }
                swap.isBroken = false; // a checkpoint reads; a full disk does not hinder it
                pair.epoch(0);
                assertThat(pair.copy.digest())
                        .as("seed %d round %d", seed, round)
                        .isEqualTo(pair.copy.audit());
                changed.clear();
                oracle.changedPages(changed);
                assertImage(pair, changed, round);
                swap.isFull = false;
                pair.epoch(1_000); // goes on as if nothing had been
            }
            assertThat(atDevice).as("the device was the one who waited").isGreaterThan(2);
            swap.isFull = true;
            assertThat(stalls(pair.primary, Long.MAX_VALUE)).isTrue();
            pair.epoch(0);
            StateDigest atEpoch = pair.primary.stateDigest();
            pair.copy.promote();
            assertThat(pair.standby.stateDigest()).isEqualTo(atEpoch);
            long end = pair.standby.instructions() + 20_000;
            pair.standby.run(end, Long.MAX_VALUE);
            assertThat(pair.standby.stateDigest()).isEqualTo(undisturbed(end));
            swap.isFull = false;
            assertThat(stalls(pair.primary, end)).isFalse();
            assertThat(pair.primary.stateDigest()).isEqualTo(undisturbed(end));
        }
    }

    /** As an epoch that is shorter than the time between two tries. */
    @Test
    void aGuestThatWaitsGoesOnThoughEveryRunIsShort() throws Exception {
        try (VirtualMachine machine = writer(DirtyLogMode.DIRTY_BIT)) {
            machine.run(10_000, Long.MAX_VALUE);
            swap.isFull = true;
            assertThat(stalls(machine, 60_000)).isTrue();
            swap.isFull = false;
            for (int run = 0; run < 200 && machine.instructions() < 60_000; run++) {
                machine.run(60_000, clock.nowNs() + 5_000_000);
            }
            assertThat(machine.instructions()).isEqualTo(60_000);
        }
    }

    /** What changed since the last comparison is in the backup's image. */
    private static void assertImage(ProtectedPair pair, PageSet changed, int round) {
        if (!pair.copy.isComplete()) {
            return;
        }
        byte[] primary = new byte[4096];
        byte[] backup = new byte[4096];
        for (long id = changed.next(0); id >= 0; id = changed.next(id + 1)) {
            pair.primary.memory().readPage(id, MemorySegment.ofArray(primary), 0);
            pair.standby.memory().readPage(id, MemorySegment.ofArray(backup), 0);
            assertThat(backup).as("page %#x in round %d", id, round).isEqualTo(primary);
        }
    }

    /** In the first full copy as later: nothing is half taken, the next checkpoint has it all. */
    @ParameterizedTest
    @EnumSource(
            value = DirtyLogMode.class,
            names = {"DIRTY_BIT", "PML", "HYBRID"})
    void aCheckpointThatCannotReadAPageLeavesNoTrace(DirtyLogMode mode) throws Exception {
        int failed = 0;
        try (ProtectedPair pair = new ProtectedPair(writer(mode), standbyWriter(mode))) {
            for (int epoch = 0; epoch < 18; epoch++) {
                assertThat(stalls(pair.primary, pair.primary.instructions() + 9_000)).isFalse();
                swap.isBroken = true;
                try {
                    pair.epoch(0);
                } catch (SwapFailure e) {
                    failed++;
                    assertThat(e).hasMessageContaining("read from swap");
                    if (pair.copy.isComplete()) {
                        assertThat(pair.copy.digest()).isEqualTo(pair.copy.audit());
                    }
                }
                swap.isBroken = false;
                if (epoch % 3 == 2) {
                    pair.epoch(0);
                    assertThat(pair.copy.digest()).isEqualTo(pair.copy.audit());
                }
            }
            pair.epoch(0);
            assertThat(failed).isGreaterThan(8);
            assertThat(pair.copy.isComplete()).isTrue();
            StateDigest atEpoch = pair.primary.stateDigest();
            pair.copy.promote();
            assertThat(pair.standby.stateDigest()).isEqualTo(atEpoch);
            assertThat(atEpoch).isEqualTo(undisturbed(pair.primary.instructions()));
        }
    }

    @Test
    void aDigestThatCannotReadAPageFailsAndChangesNothing() throws Exception {
        try (VirtualMachine machine = writer(DirtyLogMode.DIRTY_BIT)) {
            assertThat(stalls(machine, 60_000)).isFalse();
            swap.isBroken = true;
            assertThatThrownBy(machine::stateDigest)
                    .isInstanceOf(SwapFailure.class)
                    .hasMessage("a page cannot be read from swap: input/output error");
            swap.isBroken = false;
            assertThat(machine.stateDigest()).isEqualTo(undisturbed(60_000));
        }
    }

    /** A swap file that fails now and then, and a guest with page tables and interrupts. */
    @Test
    void instructionsWalksAndDeliveriesWaitForTheirPages() throws Exception {
        long seed = 99;
        long end = 3_000_000;
        VirtualMachineConfig counter =
                config().withParameters(
                                Map.of(
                                        "lines-per-second", 2000L,
                                        "working-set-pages", 1200L,
                                        "writes-per-line", 60L));
        Random random = new Random(seed);
        int instructions = 0;
        int walks = 0;
        int deliveries = 0;
        try (VirtualMachine machine = paged(counter, GuestImage.builtIn("counter"));
                VirtualMachine undisturbed =
                        VirtualMachine.boot(
                                counter, GuestImage.builtIn("counter"), new FakeHostClock())) {
            swap.hiccup = () -> random.nextInt(4) == 0;
            while (stalls(machine, end) || machine.instructions() < end) {
                if (machine.stall().isEmpty()) {
                    continue; // it was tried again and worked
                }
                long qualification = machine.processor().vmread(VmcsField.EXIT_QUALIFICATION);
                boolean isDelivery =
                        (machine.processor().vmread(VmcsField.IDT_VECTORING_INFORMATION)
                                        & 0x8000_0000L)
                                != 0;
                boolean isWalk = (qualification & 0x180) == 0x80;
                deliveries += isDelivery ? 1 : 0;
                walks += isWalk ? 1 : 0;
                instructions += isDelivery || isWalk ? 0 : 1;
            }
            swap.hiccup = () -> false;
            StopCause cause = StopCause.OUTPUT;
            while (cause == StopCause.OUTPUT) {
                undisturbed.output().release(undisturbed.output().writtenOffset());
                cause = undisturbed.run(end, Long.MAX_VALUE);
            }
            assertThat(machine.stateDigest())
                    .as("seed %d", seed)
                    .isEqualTo(undisturbed.stateDigest());
        }
        assertThat(instructions).as("stalls of an instruction").isGreaterThan(5);
        assertThat(walks).as("stalls of a walk").isPositive();
        assertThat(deliveries).as("stalls of a delivery").isPositive();
    }
}
