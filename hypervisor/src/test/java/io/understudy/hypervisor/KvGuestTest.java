package io.understudy.hypervisor;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.checkpoint.StateWriter;
import io.understudy.checkpoint.state.MachineState;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

/** The kv guest from the client's side of the serial line. */
class KvGuestTest {
    private static final VirtualMachineConfig CONFIG =
            VirtualMachineConfig.of(8 << 20)
                    .withRunMode(RunMode.FREE)
                    .withParameters(Map.of("table", 1L << 20, "load-per-second", 0L));

    private static VirtualMachine boot(VirtualMachineConfig config) throws Exception {
        return VirtualMachine.boot(config, GuestImage.builtIn("kv"), new FakeHostClock());
    }

    /** Sends everything and returns the results of the replies, their form verified. */
    private static List<String> ask(VirtualMachine machine, int firstReply, String... requests) {
        send(machine, String.join("\n", requests) + "\n");
        return replies(machine, firstReply, requests.length);
    }

    private static void send(VirtualMachine machine, String text) {
        byte[] bytes = text.getBytes(US_ASCII);
        long end = machine.input().arrivedOffset() + bytes.length;
        assertThat(machine.input().arrive(end - bytes.length, bytes, 0, bytes.length))
                .isEqualTo(end);
    }

    private static List<String> replies(VirtualMachine machine, int first, int count) {
        long last = first + count - 1L;
        List<String> lines = List.of();
        for (int turns = 0; lines.size() < last; turns++) {
            assertThat(turns).as("turns without a reply, so far %s", lines).isLessThan(100);
            machine.run(machine.instructions() + 10_000, Long.MAX_VALUE);
            lines = CounterOutput.releaseAll(machine).lines().toList();
        }
        assertThat(lines).as("every reply so far").hasSize((int) last);
        List<String> results = new ArrayList<>();
        for (String line : lines.subList(first - 1, lines.size())) {
            int crc = line.lastIndexOf(" crc ");
            assertThat(line.substring(crc + 5)).isEqualTo(crcOf(line.substring(0, crc)));
            String head = "reply %08d ".formatted(first + results.size());
            assertThat(line).startsWith(head);
            results.add(line.substring(head.length(), crc));
        }
        return results;
    }

    private static String crcOf(String text) {
        CRC32 crc = new CRC32();
        crc.update(text.getBytes(US_ASCII));
        return "%08x".formatted(crc.getValue());
    }

    @Test
    void setsGetsIncrementsAndCounts() throws Exception {
        try (VirtualMachine machine = boot(CONFIG)) {
            assertThat(
                            ask(
                                    machine,
                                    1,
                                    "COUNT",
                                    "GET colour",
                                    "SET colour green",
                                    "GET colour",
                                    "INCR visits",
                                    "INCR visits",
                                    "SET visits 999999999",
                                    "INCR visits",
                                    "COUNT"))
                    .containsExactly(
                            "COUNT 0",
                            "NONE",
                            "OK",
                            "VALUE green",
                            "VALUE 1",
                            "VALUE 2",
                            "OK",
                            "VALUE 1000000000",
                            "COUNT 2");
            assertThat(machine.input().consumedOffset())
                    .isEqualTo(machine.input().arrivedOffset())
                    .isPositive();
        }
    }

    @Test
    void saysWhatIsWrongWithARequestAndGoesOn() throws Exception {
        String right = "GET a crc " + crcOf("GET a");
        try (VirtualMachine machine = boot(CONFIG)) {
            assertThat(
                            ask(
                                    machine,
                                    1,
                                    "",
                                    "DROP a",
                                    "SET a",
                                    "SET a b c",
                                    "GET a b",
                                    "SET ~a 1",
                                    "SET " + "k".repeat(24) + " 1",
                                    "SET a " + "v".repeat(32),
                                    "SET a word",
                                    "INCR a",
                                    "SET a " + "9".repeat(19),
                                    "INCR a",
                                    right,
                                    right.replace("GET", "PUT"),
                                    "x".repeat(200),
                                    "COUNT"))
                    .containsExactly(
                            "ERROR key must be 1 to 23 characters and not begin with ~",
                            "ERROR requests are SET, GET, INCR, COUNT",
                            "ERROR value must be 1 to 31 characters",
                            "ERROR too many words",
                            "ERROR too many words",
                            "ERROR key must be 1 to 23 characters and not begin with ~",
                            "ERROR key must be 1 to 23 characters and not begin with ~",
                            "ERROR value must be 1 to 31 characters",
                            "OK",
                            "ERROR value is not a number of at most 18 digits",
                            "OK",
                            "ERROR value is not a number of at most 18 digits",
                            "VALUE " + "9".repeat(19),
                            "ERROR checksum is wrong",
                            "ERROR line is longer than 127 characters",
                            "COUNT 1");
        }
    }

    @Test
    void fillsUpAndSaysSo() throws Exception {
        VirtualMachineConfig small =
                CONFIG.withParameters(Map.of("table", 4096L, "load-per-second", 0L));
        try (VirtualMachine machine = boot(small)) {
            String[] requests = new String[57];
            for (int i = 0; i < requests.length; i++) {
                requests[i] = "INCR key" + i;
            }
            List<String> results = ask(machine, 1, requests);
            assertThat(results.subList(0, 56)).containsOnly("VALUE 1");
            assertThat(results.getLast()).isEqualTo("ERROR table is full");
            assertThat(ask(machine, 58, "INCR key3")).containsExactly("VALUE 2");
        }
    }

    @Test
    void aSurvivorKnowsTheRequestsThatWereConsumedAndWantsTheRest() throws Exception {
        try (VirtualMachine primary = boot(CONFIG);
                VirtualMachine survivor = VirtualMachine.standby(CONFIG, new FakeHostClock())) {
            ask(primary, 1, "INCR a", "INCR a");
            send(primary, "INCR a\nINC"); // the last one is cut in two
            assertThat(replies(primary, 3, 1)).containsExactly("VALUE 3");
            long consumed = primary.input().consumedOffset();
            copy(primary, survivor);
            assertThat(survivor.stateDigest()).isEqualTo(primary.stateDigest());
            assertThat(survivor.input().arrivedOffset()).isEqualTo(consumed);
            assertThat(ask(survivor, 4, "R a", "COUNT")).containsExactly("VALUE 4", "COUNT 1");
        }
    }

    /** What a checkpoint does, all at once. */
    private static void copy(VirtualMachine from, VirtualMachine to) throws Exception {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment page = arena.allocate(4096);
            for (long id = 0; id < from.layout().pages(); id++) {
                from.memory().readPage(id, page, 0);
                to.memory().writePage(id, page, 0);
            }
        }
        StateWriter out = new StateWriter();
        MachineState.save(from.components(), out);
        MachineState.restore(to.layout(), to.components(), out.toByteArray());
        to.activate();
    }

    @Test
    void theBuiltInLoadKeepsItsBooksAndLeavesTheClientsAlone() throws Exception {
        VirtualMachineConfig loaded =
                CONFIG.withParameters(Map.of("table", 1L << 20, "load-per-second", 20_000L));
        try (VirtualMachine machine = boot(loaded)) {
            machine.run(20_000_000, Long.MAX_VALUE);
            assertThat(CounterOutput.lineNumbers(CounterOutput.releaseAll(machine))).hasSize(1);
            send(machine, "COUNT\n");
            machine.run(machine.instructions() + 100_000, Long.MAX_VALUE);
            assertThat(CounterOutput.releaseAll(machine)).contains("reply 00000001 COUNT 0 crc ");
        }
    }
}
