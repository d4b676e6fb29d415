package io.understudy.hypervisor;

import static io.understudy.hypervisor.GuestParameter.bytes;
import static io.understudy.hypervisor.GuestParameter.count;
import static io.understudy.hypervisor.GuestParameter.region;
import static io.understudy.hypervisor.GuestParameter.word;

import java.util.List;
import java.util.Optional;

/**
 * The guests that come with the hypervisor, and what they can be told. Their sources are in {@code
 * guests/}; each checks its parameters again and says so on the console.
 */
public enum BuiltInGuest {
    COUNTER(
            "counter",
            "numbered lines at a steady rate, over a working set that it rewrites and verifies",
            count("lines-per-second", 50, 0, 1_000_000, "lines a virtual second; 0 at full speed"),
            count("working-set-pages", 256, 1, Long.MAX_VALUE, "pages that it rewrites"),
            count("writes-per-line", 64, 0, Long.MAX_VALUE, "pages rewritten between two lines"),
            count("line-limit", 0, 0, Long.MAX_VALUE, "ends after so many lines; 0 never")),
    DIRTIER(
            "dirtier",
            "writes pages in a chosen pattern at a chosen rate, and computes in between",
            region("working-set", 64 << 20, "memory that it writes"),
            count("writes-per-second", 200_000, 0, Rates.TSC_HZ, Rates.MEANING),
            word(
                    "pattern",
                    "uniform",
                    List.of("sequential", "uniform", "zipf", "hot-cold"),
                    "which page is next"),
            count("stores-per-page", 1, 1, 512, "stores of 8 bytes for each page written"),
            count("silent-percent", 0, 0, 100, "writes that leave the page as it is"),
            count("hot-percent", 10, 1, 100, "hot-cold: how much of the working set is hot"),
            count("hot-writes-percent", 90, 0, 100, "hot-cold: writes that go to hot pages"),
            bytes("read-set", 0, "memory that it only reads"),
            count("reads-per-write", 1, 0, 1 << 20, "pages of the read set read for each write"),
            count("table-churn", 0, 0, 1000, "page-table entries changed for 1,000 writes"),
            count("lines-per-second", 1, 0, 10_000, "lines a virtual second; 0 none")),
    INTERRUPTS(
            "interrupts",
            "interrupts of every kind, counted once and in order by the guest itself",
            count("timer-us", 100, 20, 100_000, "virtual microseconds from tick to tick"),
            count("device-us", 60, 20, 100_000, "between two interrupts of the device"),
            count("rounds-per-line", 10_000, 1, 1 << 30, "rounds from line to line"),
            count("round-limit", 0, 0, Long.MAX_VALUE, "ends after so many rounds; 0 never")),
    KV(
            "kv",
            "a hash table served over the console, under a built-in load that it verifies",
            region("table", 16 << 20, "memory of each of the two tables"),
            count("load-per-second", 20_000, 0, 1_000_000, "operations of the load; 0 none"),
            count("load-keys", 50_000, 1, Long.MAX_VALUE, "keys of the load"),
            count("line-seconds", 1, 1, 1_000_000, "virtual seconds from line to line")),
    LADDER(
            "ladder",
            "increments the first byte of every page of a range, round and round",
            region("range", 16 << 20, "memory of the range"),
            count("writes-per-second", 100_000, 0, Rates.TSC_HZ, Rates.MEANING),
            count("rounds-per-line", 1, 1, 1 << 30, "rounds from line to line"),
            count("line-limit", 0, 0, Long.MAX_VALUE, "ends after so many lines; 0 never")),
    TASKS(
            "tasks",
            "computes in tasks that take turns, each with segments of its own in the GDT",
            count("tasks", 4, 1, 16, "tasks, each with 64 KiB of memory"),
            count("switches-per-second", 100, 1, 100_000, "turns a virtual second"),
            word(
                    "attack",
                    "none",
                    List.of("none", "gate", "copy", "remap", "blink", "segment"),
                    "what it does to its own descriptor tables, once"),
            count("attack-ms", 300, 0, 1_000_000, "virtual time at which it attacks"),
            count("lines-per-second", 1, 0, 10_000, "lines a virtual second; 0 none"));

    /** What two guests share; an enumeration's own constants come too late for its members. */
    private static final class Rates {
        static final long TSC_HZ = 1_000_000_000;
        static final String MEANING = "pages written a virtual second; 0 at full speed";
    }

    private final String guestName;
    private final String summary;

    @SuppressWarnings("ImmutableEnumChecker") // List.of makes one that cannot change
    private final List<GuestParameter> parameters;

    BuiltInGuest(String guestName, String summary, GuestParameter... parameters) {
        this.guestName = guestName;
        this.summary = summary;
        this.parameters = List.of(parameters);
    }

    /** As typed on the command line. */
    public String guestName() {
        return guestName;
    }

    /** What it does, in a few words. */
    public String summary() {
        return summary;
    }

    public List<GuestParameter> parameters() {
        return parameters;
    }

    public Optional<GuestParameter> parameter(String key) {
        return parameters.stream().filter(p -> p.key().equals(key)).findFirst();
    }

    public static Optional<BuiltInGuest> of(String guestName) {
        for (BuiltInGuest g : values()) {
            if (g.guestName.equals(guestName)) {
                return Optional.of(g);
            }
        }
        return Optional.empty();
    }
}
