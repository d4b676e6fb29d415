package io.understudy.cli.report;

import io.understudy.drills.views.ExchangeModel;
import io.understudy.drills.views.ExchangeResult;
import io.understudy.drills.views.ViewsResult;
import io.understudy.drills.views.WindowResult;
import io.understudy.hypervisor.view.ViewEvent;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The JSON document of {@code views}. Keys are part of the contract with users.
 *
 * @param exitsPerMiB VM exits for each MiB that went across, by way
 * @param windowReads accesses to the secret that went through
 * @param promisesHeld whether nothing leaked, nothing was corrupt or lost
 */
public record ViewsReport(
        int schemaVersion,
        Map<String, Double> exitsPerMiB,
        WindowReads windowReads,
        Window window,
        List<Exchange> exchanges,
        boolean promisesHeld) {
    private static final int SCHEMA_VERSION = 1;
    private static final int LOG_MAX = 100;

    /**
     * @param inside secrets that the code inside read, proved by its answers
     * @param outside accesses outside that went through; anything but 0 is a broken promise
     */
    public record WindowReads(long inside, long outside) {}

    /**
     * The secret window.
     *
     * @param stays in the window, as the guest says
     * @param attempts of the attacker, as the guest says
     * @param attemptsSeen forbidden accesses that the hypervisor saw and refused
     * @param events what the hypervisor saw, by kind
     * @param vmfuncs switches of views without an exit
     * @param log the first events
     */
    public record Window(
            long stays,
            long attempts,
            long attemptsSeen,
            Map<String, Long> events,
            Map<String, Long> exitsByReason,
            long vmfuncs,
            long guestInstructions,
            List<Event> log) {}

    /** One event, as in {@code docs/views.md}. */
    public record Event(String kind, double virtualUs, int view, String rip, String gpa) {}

    /**
     * One way to exchange packets.
     *
     * @param vmfuncs for packets that went through
     * @param pagesMissed changed pages that no harvest had; null if the pair is not protected
     */
    public record Exchange(
            String method,
            long packets,
            double mib,
            long corruptPackets,
            long exits,
            Map<String, Long> exitsByReason,
            long vmfuncs,
            long bytesCopied,
            long mappings,
            double hostMs,
            double packetsPerHostSecond,
            ModelUs handOverPerMiBModelUs,
            long epochs,
            @Nullable Long pagesMissed) {}

    /** Modelled microseconds. */
    public record ModelUs(double low, double typical, double high) {
        private static ModelUs of(ExchangeModel m) {
            return new ModelUs(rounded(m.lowUs()), rounded(m.typicalUs()), rounded(m.highUs()));
        }
    }

    public static ViewsReport of(ViewsResult result) {
        Map<String, Double> exitsPerMib = new LinkedHashMap<>();
        for (ExchangeResult e : result.exchanges()) {
            exitsPerMib.put(e.method().optionName(), rounded(e.exitsPerMib()));
        }
        WindowResult w = result.window();
        return new ViewsReport(
                SCHEMA_VERSION,
                exitsPerMib,
                new WindowReads(w.readsInside(), w.readsOutside()),
                window(w),
                result.exchanges().stream().map(ViewsReport::exchange).toList(),
                result.broken().isEmpty());
    }

    private static Window window(WindowResult w) {
        Map<String, Long> events = new LinkedHashMap<>();
        w.counts().forEach((kind, n) -> events.put(kind.word(), n));
        return new Window(
                w.windows(),
                w.attempts(),
                w.attemptsSeen(),
                events,
                w.exitsByReason(),
                w.vmfuncs(),
                w.instructions(),
                w.events().stream().limit(LOG_MAX).map(ViewsReport::event).toList());
    }

    private static Event event(ViewEvent e) {
        return new Event(
                e.kind().word(),
                e.virtualNs() / 1e3,
                e.view(),
                "0x" + Long.toHexString(e.rip()),
                "0x" + Long.toHexString(e.gpa()));
    }

    private static Exchange exchange(ExchangeResult e) {
        return new Exchange(
                e.method().optionName(),
                e.packets(),
                rounded(e.mib()),
                e.corrupt(),
                e.exitCount(),
                e.exits(),
                e.switches(),
                e.bytesCopied(),
                e.mappings(),
                rounded(e.hostNs() / 1e6),
                e.hostNs() == 0 ? 0 : rounded(e.packets() * 1e9 / e.hostNs()),
                ModelUs.of(e.model()),
                e.epochs(),
                e.pagesMissed() < 0 ? null : e.pagesMissed());
    }

    private static double rounded(double value) {
        return Math.round(value * 1e3) / 1e3;
    }
}
