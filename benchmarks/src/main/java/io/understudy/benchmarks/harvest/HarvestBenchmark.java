package io.understudy.benchmarks.harvest;

import io.understudy.checkpoint.PageSet;
import io.understudy.checkpoint.ProtectedMachine.StopCause;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.MachineEvent;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.RunMode;
import io.understudy.hypervisor.SystemHostClock;
import io.understudy.hypervisor.VirtualMachine;
import io.understudy.hypervisor.VirtualMachineConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Three claims about harvests, each a ratio of times taken in turn: a D-bit harvest of 1 GiB with 1
 * % of the pages dirty costs little more than a bare scan of the same tables; pruning by accessed
 * flags pays when the touched pages are clustered; a harvest from the page-modification log does
 * not depend on the size of the guest. Argument: {@code [--json FILE]}. Exit status 1 if a goal is
 * missed.
 */
final class HarvestBenchmark {
    private static final int WARM_UP_ROUNDS = 400;
    private static final int ROUNDS = 301;
    private static final int PAGE_BYTES = 4096;
    private static final long GIB = 1L << 30;
    private static final long DIRTY_PAGES = GIB / PAGE_BYTES / 100;

    private HarvestBenchmark() {}

    /** A machine that a guest dirties anew in every round. */
    private static final class Machine implements AutoCloseable {
        final VirtualMachine machine;
        private final StoreGuest guest;
        private final PageSet pages;

        Machine(long bytes, DirtyLogMode mode, StoreGuest guest) throws MachineSetupException {
            this.guest = guest;
            this.machine =
                    VirtualMachine.boot(
                            VirtualMachineConfig.of(bytes)
                                    .withRunMode(RunMode.FREE)
                                    .withDirtyLog(mode),
                            guest.image(),
                            new SystemHostClock());
            this.pages = new PageSet(machine.layout().regions());
            runFor(guest.startInstructions());
            harvestNs();
        }

        /** The guest writes to each of its pages once. */
        void round() {
            runFor(guest.roundInstructions());
        }

        long harvestNs() {
            pages.clear();
            long from = System.nanoTime();
            machine.dirtyLog().harvest(pages);
            return System.nanoTime() - from;
        }

        /** Pages of the last harvest. */
        long harvested() {
            return pages.size();
        }

        long leavesRead() {
            return machine.events().of(MachineEvent.LEAVES_READ);
        }

        private void runFor(long instructions) {
            StopCause cause = machine.run(machine.instructions() + instructions, Long.MAX_VALUE);
            if (cause != StopCause.INSTRUCTIONS) {
                throw new IllegalStateException("the guest ended: " + machine.exitStatus());
            }
        }

        @Override
        public void close() {
            machine.close();
        }
    }

    public static void main(String[] args) throws IOException, MachineSetupException {
        List<Ratio> ratios = new ArrayList<>();
        uniform(ratios);
        clustered(ratios);
        guestSize(ratios);
        ratios.forEach(System.out::println);
        if (args.length == 2 && args[0].equals("--json")) {
            RatioFile.write(args[1], ratios);
        }
        System.exit(ratios.stream().allMatch(Ratio::isMet) ? 0 : 1);
    }

    /** 1 % of 1 GiB, a page in every 99: hardly a table is clean, so nothing can be pruned. */
    private static void uniform(List<Ratio> ratios) throws MachineSetupException {
        StoreGuest guest = new StoreGuest(0, 512, 2 << 20, DIRTY_PAGES, 99 * PAGE_BYTES);
        List<Double> toScan = new ArrayList<>();
        List<Double> toLines = new ArrayList<>();
        try (Machine m = new Machine(GIB, DirtyLogMode.DIRTY_BIT, guest)) {
            LeafTables tables = new LeafTables(m.machine);
            for (int i = -WARM_UP_ROUNDS; i < ROUNDS; i++) {
                m.round();
                long scanNs = timeNs(tables::countDirty, DIRTY_PAGES);
                long linesNs = timeNs(tables::countDirtyByLines, DIRTY_PAGES);
                long harvestNs = m.harvestNs();
                require(m.harvested(), DIRTY_PAGES);
                if (i >= 0) {
                    toScan.add((double) harvestNs / scanNs);
                    toLines.add((double) harvestNs / linesNs);
                }
            }
            System.out.printf("uniform: %d leaf tables, %d pages%n", tables.count(), m.harvested());
        }
        ratios.add(new Ratio("D-bit harvest, 1 GiB, 1 % uniform : bare scan", toScan, 1.5, true));
        ratios.add(new Ratio("the same : bare scan by whole cache lines", toLines, 1.5, true));
    }

    /** The same number of pages side by side, in 6 regions of 2 MiB. */
    private static void clustered(List<Ratio> ratios) throws MachineSetupException {
        StoreGuest guest = new StoreGuest(0, 512, 2 << 20, DIRTY_PAGES, PAGE_BYTES);
        List<Double> times = new ArrayList<>();
        List<Double> leaves = new ArrayList<>();
        try (Machine m = new Machine(GIB, DirtyLogMode.DIRTY_BIT, guest)) {
            LeafTables tables = new LeafTables(m.machine);
            for (int i = -WARM_UP_ROUNDS; i < ROUNDS; i++) {
                m.round();
                long before = m.leavesRead();
                long prunedNs = m.harvestNs();
                long prunedLeaves = m.leavesRead() - before;
                require(m.harvested(), DIRTY_PAGES);
                m.round();
                tables.markAllAccessed();
                before = m.leavesRead();
                long unprunedNs = m.harvestNs();
                long unprunedLeaves = m.leavesRead() - before;
                if (i >= 0) {
                    times.add((double) unprunedNs / prunedNs);
                    leaves.add((double) unprunedLeaves / prunedLeaves);
                }
            }
        }
        ratios.add(new Ratio("clustered, leaves read, unpruned : pruned", leaves, 20, false));
        ratios.add(new Ratio("clustered, time, unpruned : pruned", times, 5, false));
    }

    /** The same pages of a guest of 256 MiB and of one of 64 GiB that is empty otherwise. */
    private static void guestSize(List<Ratio> ratios) throws MachineSetupException {
        StoreGuest guest = new StoreGuest(0, 0, 2 << 20, DIRTY_PAGES, 23 * PAGE_BYTES);
        List<Double> times = new ArrayList<>();
        try (Machine small = new Machine(GIB / 4, DirtyLogMode.PML, guest);
                Machine large = new Machine(64 * GIB, DirtyLogMode.PML, guest)) {
            for (int i = -WARM_UP_ROUNDS; i < ROUNDS; i++) {
                small.round();
                long smallNs = small.harvestNs();
                large.round();
                long largeNs = large.harvestNs();
                require(large.harvested(), small.harvested());
                if (i >= 0) {
                    times.add((double) largeNs / smallNs);
                }
            }
        }
        ratios.add(new Ratio("PML harvest, 64 GiB sparse : 256 MiB", times, 1.2, true));
    }

    private static long timeNs(java.util.function.LongSupplier scan, long dirtyAtLeast) {
        long from = System.nanoTime();
        long dirty = scan.getAsLong();
        long ns = System.nanoTime() - from;
        require(dirty, dirtyAtLeast);
        return ns;
    }

    private static void require(long pages, long atLeast) {
        if (pages < atLeast) {
            throw new IllegalStateException("%d pages, not %d".formatted(pages, atLeast));
        }
    }
}
