package io.understudy.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.PageSet;
import io.understudy.checkpoint.ProtectedMachine.StopCause;
import io.understudy.checkpoint.oracle.ContentOracle;
import io.understudy.hypervisor.guest.TrackedGuests;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/**
 * A dirty log is invisible to the guest: the same guest, run with epochs of the same lengths, is in
 * the same state at the same instruction under every log, unprotected, with logs exchanged on the
 * way, and after a failover at any epoch. The digest knows nothing of EPT, TLB and dirty sets.
 */
class DirtyLogEquivalenceTest {
    private static final int EPOCHS = 40;

    /** Guests in which a log could show, and the length of an epoch in instructions. */
    @SuppressWarnings("ImmutableEnumChecker") // an image never changes
    enum Case {
        /** Stack, IDT and GDT pages are write-protected when an interrupt is delivered. */
        INTERRUPTS(TrackedGuests.interrupts(), 611),
        /** An interrupt inside REP MOVS across protected pages. */
        STRING_COPY(TrackedGuests.stringCopy(), 997),
        SELF_MODIFYING(TrackedGuests.selfModifying(), 401),
        SILENT_STORES(TrackedGuests.silentStores(), 307),
        /** A page that only the processor's walk changes. */
        WALKED_PAGE(TrackedGuests.walkedPage(), 251);

        final GuestImage image;
        final long epochInstructions;

        Case(GuestImage image, long epochInstructions) {
            this.image = image;
            this.epochInstructions = epochInstructions;
        }

        long end() {
            return EPOCHS * epochInstructions;
        }

        VirtualMachine boot(DirtyLogMode mode) throws MachineSetupException {
            return VirtualMachine.boot(config(mode), image, new FakeHostClock());
        }
    }

    private static VirtualMachineConfig config(DirtyLogMode mode) {
        return VirtualMachineConfig.of(TrackedGuests.MEMORY_BYTES)
                .withRunMode(RunMode.FREE)
                .withDirtyLog(mode)
                .withTlbCheck(true);
    }

    private static void runEpoch(VirtualMachine machine, Case guest) {
        long until = machine.instructions() + guest.epochInstructions;
        assertThat(machine.run(until, Long.MAX_VALUE))
                .as("%s %s", guest, machine.exitStatus())
                .isEqualTo(StopCause.INSTRUCTIONS);
        assertThat(machine.instructions()).isEqualTo(until);
    }

    /** Runs all epochs, each with its harvest. */
    private static StateDigest digestOf(VirtualMachine machine, Case guest) {
        PageSet dirty = new PageSet(machine.layout().regions());
        while (machine.instructions() < guest.end()) {
            runEpoch(machine, guest);
            machine.dirtyLog().harvest(dirty);
            dirty.clear();
        }
        assertThat(machine.processor().groundTruth().firstStaleUse).isNull();
        return machine.stateDigest();
    }

    private static StateDigest unprotected(Case guest) throws Exception {
        try (VirtualMachine machine = guest.boot(DirtyLogMode.NONE)) {
            return digestOf(machine, guest);
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyLogLeavesTheSameState(Case guest) throws Exception {
        StateDigest expected = unprotected(guest);
        for (DirtyLogMode mode : DirtyLogMode.values()) {
            try (VirtualMachine machine = guest.boot(mode)) {
                assertThat(digestOf(machine, guest)).as("%s", mode).isEqualTo(expected);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void logsMayBeExchangedOnTheWay(Case guest) throws Exception {
        StateDigest expected = unprotected(guest);
        for (long seed = 1; seed <= 3; seed++) {
            Random random = new Random(seed);
            String as = "seed %d".formatted(seed);
            try (VirtualMachine machine = guest.boot(DirtyLogMode.NONE);
                    ContentOracle oracle = new ContentOracle(machine)) {
                PageSet changed = new PageSet(machine.layout().regions());
                PageSet harvested = new PageSet(machine.layout().regions());
                machine.dirtyLog().harvest(harvested);
                while (machine.instructions() < guest.end()) {
                    runEpoch(machine, guest);
                    harvested.clear();
                    machine.dirtyLog().harvest(harvested);
                    changed.clear();
                    oracle.changedPages(changed);
                    changed.removeAll(harvested);
                    assertThat(changed.isEmpty())
                            .as(
                                    "%s, %s missed page %d",
                                    as, machine.dirtyLogMode(), changed.next(0))
                            .isTrue();
                    DirtyLogMode[] modes = DirtyLogMode.values();
                    machine.switchDirtyLog(modes[random.nextInt(modes.length)]);
                }
                assertThat(machine.stateDigest()).as(as).isEqualTo(expected);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aSurvivorOfAnyEpochEndsInTheSameState(Case guest) throws Exception {
        StateDigest expected = unprotected(guest);
        Random random = new Random(8);
        for (DirtyLogMode mode : DirtyLogMode.values()) {
            if (mode == DirtyLogMode.NONE) {
                continue;
            }
            int lost = 5 + random.nextInt(EPOCHS - 10);
            try (ProtectedPair pair = new ProtectedPair(config(mode), guest.image)) {
                for (int epoch = 0; epoch < lost; epoch++) {
                    pair.epoch(guest.epochInstructions);
                }
                assertThat(pair.copy.isComplete()).isTrue();
                pair.copy.promote();
                assertThat(digestOf(pair.standby, guest))
                        .as("%s, primary lost after epoch %d", mode, lost)
                        .isEqualTo(expected);
                assertThat(digestOf(pair.primary, guest)).isEqualTo(expected);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "NONE")
    void nothingThatChangedIsMissed(DirtyLogMode mode) throws Exception {
        for (Case guest : Case.values()) {
            try (VirtualMachine machine = guest.boot(mode);
                    ContentOracle oracle = new ContentOracle(machine)) {
                PageSet harvested = new PageSet(machine.layout().regions());
                PageSet changed = new PageSet(machine.layout().regions());
                machine.dirtyLog().harvest(harvested);
                while (machine.instructions() < guest.end()) {
                    runEpoch(machine, guest);
                    harvested.clear();
                    machine.dirtyLog().harvest(harvested);
                    changed.clear();
                    oracle.changedPages(changed);
                    changed.removeAll(harvested);
                    assertThat(changed.isEmpty()).as("%s %s", mode, guest).isTrue();
                }
            }
        }
    }

    @Test
    void interruptsAreCutShortByTheStackPage() throws Exception {
        try (VirtualMachine machine = Case.INTERRUPTS.boot(DirtyLogMode.WRITE_PROTECT)) {
            digestOf(machine, Case.INTERRUPTS);
            MemorySegment page = MemorySegment.ofArray(new byte[PageId.PAGE_BYTES]);
            machine.memory().readPage(TrackedGuests.INTERRUPT_COUNT >>> 12, page, 0);
            int handled =
                    page.get(ValueLayout.JAVA_INT_UNALIGNED, TrackedGuests.INTERRUPT_COUNT & 0xfff);
            assertThat(handled).isGreaterThan(2 * EPOCHS);
            // Data pages, IDT page, and in every epoch the stack page, by a delivery.
            assertThat(machine.events().of(MachineEvent.EPT_VIOLATIONS_WRITE))
                    .isGreaterThan(17L * EPOCHS);
        }
    }

    @Test
    void aPageThatOnlyTheWalkerChangedIsInEveryHarvest() throws Exception {
        for (DirtyLogMode mode : DirtyLogMode.values()) {
            int changedByWalkAlone = 0;
            try (VirtualMachine machine = Case.WALKED_PAGE.boot(mode);
                    ContentOracle oracle = new ContentOracle(machine)) {
                List<Long> stored = new ArrayList<>();
                machine.processor().groundTruth().witness =
                        (gpa, isWrite, isWalk) -> {
                            if (isWrite && !isWalk) {
                                stored.add(gpa >>> 12);
                            }
                        };
                PageSet harvested = new PageSet(machine.layout().regions());
                PageSet changed = new PageSet(machine.layout().regions());
                machine.dirtyLog().harvest(harvested);
                while (machine.instructions() < Case.WALKED_PAGE.end()) {
                    stored.clear();
                    runEpoch(machine, Case.WALKED_PAGE);
                    harvested.clear();
                    machine.dirtyLog().harvest(harvested);
                    changed.clear();
                    oracle.changedPages(changed);
                    if (changed.contains(TrackedGuests.WALKED_TABLE_PAGE)
                            && !stored.contains(TrackedGuests.WALKED_TABLE_PAGE)) {
                        changedByWalkAlone++;
                        assertThat(harvested.contains(TrackedGuests.WALKED_TABLE_PAGE))
                                .as("%s", mode)
                                .isTrue();
                    }
                }
            }
            assertThat(changedByWalkAlone).as("%s", mode).isGreaterThan(10);
        }
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "NONE")
    void silentStoresAreHarvestedThoughNothingChanged(DirtyLogMode mode) throws Exception {
        Case guest = Case.SILENT_STORES;
        try (VirtualMachine machine = guest.boot(mode);
                ContentOracle oracle = new ContentOracle(machine)) {
            PageSet harvested = new PageSet(machine.layout().regions());
            machine.dirtyLog().harvest(harvested);
            runEpoch(machine, guest);
            machine.dirtyLog().harvest(harvested);
            oracle.changedPages(new PageSet(machine.layout().regions()));
            runEpoch(machine, guest);
            harvested.clear();
            machine.dirtyLog().harvest(harvested);
            PageSet changed = new PageSet(machine.layout().regions());
            oracle.changedPages(changed);
            assertThat(harvested.contains(TrackedGuests.SILENT_PAGE)).isTrue();
            assertThat(harvested.contains(TrackedGuests.RESTORED_PAGE)).isTrue();
            assertThat(changed.contains(TrackedGuests.SILENT_PAGE)).isFalse();
        }
    }

    @Test
    void theBuiltInGuestsEndInTheSameStateUnderEveryLog() throws Exception {
        for (BuiltInGuest guest : BuiltInGuest.values()) {
            StateDigest expected = null;
            for (DirtyLogMode mode : DirtyLogMode.values()) {
                VirtualMachineConfig config =
                        VirtualMachineConfig.of(8 << 20)
                                .withRunMode(RunMode.FREE)
                                .withDirtyLog(mode)
                                .withParameters(Map.of());
                try (VirtualMachine machine =
                        VirtualMachine.boot(
                                config,
                                GuestImage.builtIn(guest.guestName()),
                                new FakeHostClock())) {
                    PageSet dirty = new PageSet(machine.layout().regions());
                    for (int epoch = 1; epoch <= 20; epoch++) {
                        machine.run(epoch * 100_000L, Long.MAX_VALUE);
                        machine.output().release(machine.output().writtenOffset());
                        machine.dirtyLog().harvest(dirty);
                        dirty.clear();
                    }
                    StateDigest digest = machine.stateDigest();
                    expected = expected == null ? digest : expected;
                    assertThat(digest).as("%s under %s", guest, mode).isEqualTo(expected);
                }
            }
        }
    }

    @Test
    void aSwitchDuringAnEpochIsRefused() throws Exception {
        try (VirtualMachine machine = Case.SILENT_STORES.boot(DirtyLogMode.DIRTY_BIT)) {
            machine.run(1234, Long.MAX_VALUE);
            assertThatThrownBy(() -> machine.switchDirtyLog(DirtyLogMode.PML))
                    .isInstanceOf(MachineSetupException.class)
                    .hasMessage(
                            "the dirty log cannot be switched to pml during an epoch: 1234"
                                    + " instructions have run since the last harvest");
            assertThat(machine.dirtyLogMode()).isEqualTo(DirtyLogMode.DIRTY_BIT);
            machine.dirtyLog().harvest(new PageSet(machine.layout().regions()));
            machine.switchDirtyLog(DirtyLogMode.PML);
            assertThat(machine.dirtyLogMode()).isEqualTo(DirtyLogMode.PML);
        }
    }
}
