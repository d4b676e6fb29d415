package io.understudy.cli.report;

import io.understudy.drills.cost.CostLevel;
import io.understudy.drills.cost.CostParameter;
import io.understudy.drills.cost.CostTable;
import io.understudy.drills.cost.Prices;
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
     * @param faultsInWalks EPT violations in a walk of the guest's page tables
     * @param faultsInDeliveries EPT violations in the delivery of an interrupt or exception
     * @param hostMs time that its guest took, host clock
     * @param pageInModelUs what its page-ins cost on real hardware, by the price of one: low,
     *     typical, high
     */
    public record Policy(
            String policy,
            long faults,
            long faultsInWalks,
            long faultsInDeliveries,
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
        static ModelUs ofPageIns(long count, CostTable costs) {
            return new ModelUs(
                    us(count, costs.prices(CostLevel.LOW)),
                    us(count, costs.prices(CostLevel.TYPICAL)),
                    us(count, costs.prices(CostLevel.HIGH)));
        }

        private static double us(long count, Prices prices) {
            return count * prices.of(CostParameter.PAGE_IN) / 1e3;
        }
    }

    /**
     * @param costs prices of the modelled times
     */
    public static PagingReport of(
            String guest,
            long memoryBytes,
            long residentPages,
            PagingResult result,
            CostTable costs) {
        Map<String, Long> victims = new LinkedHashMap<>();
        List<Policy> policies = result.paged().stream().map(r -> policy(r, costs)).toList();
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

    private static Policy policy(PagedMachineResult r, CostTable costs) {
        PagingCounters c = r.counters();
        return new Policy(
                r.policy().optionName(),
                c.pageIns() + c.zeroFills(),
                r.walkFaults(),
                r.deliveryFaults(),
                c.pageIns(),
                c.zeroFills(),
                c.pageOuts(),
                c.swapWrites(),
                c.scans(),
                ms(r.hostNs()),
                ModelUs.ofPageIns(c.pageIns(), costs),
                r.lostPages());
    }

    private static double ms(long ns) {
        return Math.round(ns / 1e3) / 1e3;
    }
}
