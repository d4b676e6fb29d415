package io.understudy.cli.report;

import io.understudy.drills.paging.PagedMachineResult;
import io.understudy.drills.paging.PagingResult;
import io.understudy.hypervisor.paging.PagingCounters;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The JSON document of {@code paging}. Keys are part of the contract with users.
 *
 * @param residentPages frames of each paged machine
 * @param pageIns of the first policy
 * @param pageOuts of the first policy
 * @param victimsByPolicy pages that had to leave, by policy
 * @param lostPages of all policies; anything but 0 is a broken promise
 */
public record PagingReport(
        int schemaVersion,
        String guest,
        long memoryBytes,
        long residentPages,
        long guestInstructions,
        double residentHostMs,
        long pageIns,
        long pageOuts,
        Map<String, Long> victimsByPolicy,
        long lostPages,
        boolean digestsAgree,
        List<Policy> policies) {
    private static final int SCHEMA_VERSION = 1;

    /**
     * One machine.
     *
     * @param faults pages that the guest had to wait for: page-ins and zero fills
     * @param hostMs time that its guest took, host clock
     * @param pageInModelUs what its page-ins cost on real hardware, by the price of one: low,
     *     typical, high
     */
    public record Policy(
            String policy,
            long faults,
            long pageIns,
            long zeroFills,
            long pageOuts,
            long swapWrites,
            long scans,
            double hostMs,
            ModelUs pageInModelUs,
            long lostPages) {}

    /** Modelled microseconds. */
    public record ModelUs(double low, double typical, double high) {
        /** A page-in through user space, the page in the host's cache: 15, 50, 100 us. */
        static ModelUs ofPageIns(long count) {
            return new ModelUs(15.0 * count, 50.0 * count, 100.0 * count);
        }
    }

    public static PagingReport of(
            String guest, long memoryBytes, long residentPages, PagingResult result) {
        Map<String, Long> victims = new LinkedHashMap<>();
        List<Policy> policies = result.paged().stream().map(PagingReport::policy).toList();
        policies.forEach(p -> victims.put(p.policy(), p.pageOuts()));
        return new PagingReport(
                SCHEMA_VERSION,
                guest,
                memoryBytes,
                residentPages,
                result.instructions(),
                ms(result.residentHostNs()),
                policies.getFirst().pageIns(),
                policies.getFirst().pageOuts(),
                victims,
                policies.stream().mapToLong(Policy::lostPages).sum(),
                result.digestsAgree(),
                policies);
    }

    private static Policy policy(PagedMachineResult r) {
        PagingCounters c = r.counters();
        return new Policy(
                r.policy().optionName(),
                c.pageIns() + c.zeroFills(),
                c.pageIns(),
                c.zeroFills(),
                c.pageOuts(),
                c.swapWrites(),
                c.scans(),
                ms(r.hostNs()),
                ModelUs.ofPageIns(c.pageIns()),
                r.lostPages());
    }

    private static double ms(long ns) {
        return Math.round(ns / 1e3) / 1e3;
    }
}
