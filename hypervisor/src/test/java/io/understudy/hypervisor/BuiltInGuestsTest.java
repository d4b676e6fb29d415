package io.understudy.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.checkpoint.PageSet;
import io.understudy.checkpoint.ProtectedMachine.StopCause;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every guest that comes along, and the list of what it can be told. */
class BuiltInGuestsTest {
    private static final long MEMORY = 64 << 20;
    private static final int BAD_PARAMETER = 2;

    private static VirtualMachine boot(BuiltInGuest guest, Map<String, Long> parameters)
            throws Exception {
        return VirtualMachine.boot(
                VirtualMachineConfig.of(MEMORY)
                        .withRunMode(RunMode.FREE)
                        .withTlbCheck(true)
                        .withParameters(parameters),
                GuestImage.builtIn(guest.guestName()),
                new FakeHostClock());
    }

    /** Runs and returns the console's output. */
    private static String run(BuiltInGuest guest, Map<String, Long> parameters, long instructions)
            throws Exception {
        try (VirtualMachine machine = boot(guest, parameters)) {
            StopCause cause = machine.run(instructions, Long.MAX_VALUE);
            String text = CounterOutput.releaseAll(machine);
            assertThat(cause)
                    .as("%s%n%s", machine.exitStatus(), text)
                    .isEqualTo(StopCause.INSTRUCTIONS);
            return text;
        }
    }

    @ParameterizedTest
    @EnumSource
    void printsNumberedLines(BuiltInGuest guest) throws Exception {
        Map<String, Long> quick =
                switch (guest) {
                    case COUNTER -> Map.of("lines-per-second", 1000L);
                    case DIRTIER -> Map.of("lines-per-second", 1000L, "working-set", 1L << 20);
                    case INTERRUPTS -> Map.of("rounds-per-line", 100L);
                    case KV -> Map.of("table", 1L << 20, "load-per-second", 2000L);
                    case LADDER -> Map.of("range", 1L << 18);
                    case TASKS -> Map.of("lines-per-second", 1000L, "switches-per-second", 1000L);
                };
        long[] numbers = CounterOutput.lineNumbers(run(guest, quick, 3_000_000));
        CounterOutput.assertConsecutive(numbers, 1);
        assertThat(numbers.length).isGreaterThan(1);
    }

    @ParameterizedTest
    @EnumSource
    void goesByEveryParameterOfTheList(BuiltInGuest guest) throws Exception {
        for (GuestParameter p : guest.parameters()) {
            Map<String, Long> given = new LinkedHashMap<>(needed(p));
            boolean hasLimit = p.max() != Long.MAX_VALUE;
            given.put(p.key(), hasLimit ? p.max() + 1 : Long.MIN_VALUE);
            if (!hasLimit && p.min() == 0 && p.kind() == GuestParameter.Kind.COUNT) {
                continue; // any number will do
            }
            try (VirtualMachine machine = boot(guest, given)) {
                machine.run(1_000_000, Long.MAX_VALUE);
                assertThat(CounterOutput.releaseAll(machine))
                        .startsWith("error %s must be %d to ".formatted(p.key(), p.min()));
                assertThat(machine.debugExitValue()).isEqualTo(BAD_PARAMETER);
            }
        }
    }

    /** Some parameters are looked at only if another one is set. */
    private static Map<String, Long> needed(GuestParameter p) {
        return p.key().equals("reads-per-write") ? Map.of("read-set", 4096L) : Map.of();
    }

    @ParameterizedTest
    @EnumSource
    void theReadmeListsEveryParameterWithItsDefault(BuiltInGuest guest) throws IOException {
        String readme = Files.readString(Path.of("..", "guests", "README.md"));
        int start = readme.indexOf("### `" + guest.guestName() + "`: " + guest.summary() + "\n");
        assertThat(start).as(guest.guestName() + ": " + guest.summary()).isNotNegative();
        int end = readme.indexOf("\n##", start + 1);
        String section = readme.substring(start, end);
        for (GuestParameter p : guest.parameters()) {
            String otherwise =
                    switch (p.kind()) {
                        case WORD -> "`" + p.words().get((int) p.otherwise()) + "`";
                        case BYTES -> p.otherwise() == 0 ? "0" : (p.otherwise() >> 20) + "M";
                        case COUNT -> Long.toString(p.otherwise());
                    };
            assertThat(section).contains("| `" + p.key() + "` | " + otherwise + " |");
        }
    }

    @Test
    void theDirtierWritesAtItsRateOfVirtualTime() throws Exception {
        Map<String, Long> parameters =
                Map.of("working-set", 8L << 20, "pattern", 0L, "writes-per-second", 100_000L);
        try (VirtualMachine machine = boot(BuiltInGuest.DIRTIER, parameters)) {
            machine.run(1_000_000, Long.MAX_VALUE); // the working set is populated
            var harvested = new PageSet(machine.layout().regions());
            machine.dirtyLog().harvest(harvested);
            machine.run(2_000_000, Long.MAX_VALUE); // 10 ms
            harvested.clear();
            machine.dirtyLog().harvest(harvested);
            assertThat(harvested.size()).isBetween(1000L, 1010L);
        }
    }

    @Test
    void patternsTouchWhatTheySay() throws Exception {
        long uniform = dirtyPages(Map.of("pattern", 1L));
        long zipf = dirtyPages(Map.of("pattern", 2L));
        long hotCold = dirtyPages(Map.of("pattern", 3L, "hot-writes-percent", 100L));
        // 5,000 writes to 2,048 pages.
        assertThat(uniform).isBetween(1800L, 1950L);
        assertThat(zipf).isBetween(500L, 1300L);
        assertThat(hotCold).isBetween(205L, 215L);
    }

    private static long dirtyPages(Map<String, Long> pattern) throws Exception {
        Map<String, Long> parameters = new LinkedHashMap<>(pattern);
        parameters.put("working-set", 8L << 20);
        parameters.put("writes-per-second", 500_000L);
        try (VirtualMachine machine = boot(BuiltInGuest.DIRTIER, parameters)) {
            machine.run(1_000_000, Long.MAX_VALUE);
            var harvested = new PageSet(machine.layout().regions());
            machine.dirtyLog().harvest(harvested);
            machine.run(2_000_000, Long.MAX_VALUE);
            harvested.clear();
            machine.dirtyLog().harvest(harvested);
            return harvested.size();
        }
    }

    @Test
    void tableChurnDirtiesPageTablesAndReadsThroughThem() throws Exception {
        String lines =
                run(
                        BuiltInGuest.DIRTIER,
                        Map.of(
                                "table-churn", 1000L,
                                "working-set", 1L << 20,
                                "read-set", 1L << 20,
                                "stores-per-page", 512L,
                                "silent-percent", 50L,
                                "lines-per-second", 1000L),
                        3_000_000);
        assertThat(CounterOutput.lineNumbers(lines).length).isGreaterThan(5);
    }
}
