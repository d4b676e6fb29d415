package io.understudy.it.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code run} from its start to its end, with and without a disaster. */
class RunTest {
    private static final Pattern PID_LINE = Pattern.compile("(\\w+) +PID (\\d+)");
    private static final Pattern CONSOLE_LINE =
            Pattern.compile("console +\\./understudy console (\\S+)");
    private static final List<String> KEYS =
            List.of(
                    "schemaVersion",
                    "guest",
                    "dirtyLog",
                    "epochsCommitted",
                    "warmupEpochs",
                    "epochIntervalHostMs",
                    "guestInstructions",
                    "guestMips",
                    "dirtyPages",
                    "pauseHostUs",
                    "pauseAllHostUs",
                    "pausePhasesHostUs",
                    "encodeHostUs",
                    "ackHostUs",
                    "commitHostUs",
                    "outputHoldHostUs",
                    "bytesRaw",
                    "bytesOnWire",
                    "pagesByEncoding",
                    "outputsReleased",
                    "exitsByReason",
                    "events",
                    "stateDigest");

    @Test
    void commitsEpochsAndReportsThemAsOneDocument() throws Exception {
        try (Program program = Program.run("run", "--for", "4s", "--json", "-")) {
            assertThat(program.exitStatus()).as(program.err().toString()).isZero();
            JsonObject report = JsonParser.parseString(program.outText()).getAsJsonObject();
            assertThat(report.keySet()).containsAll(KEYS);
            long committed = report.get("epochsCommitted").getAsLong();
            assertThat(committed).isPositive();
            assertThat(report.get("guestInstructions").getAsLong()).isPositive();
            assertThat(report.get("outputsReleased").getAsLong()).isPositive();
            assertThat(report.getAsJsonObject("pauseAllHostUs").get("count").getAsLong())
                    .isGreaterThanOrEqualTo(committed);
            assertThat(report.getAsJsonObject("exitsByReason").size()).isPositive();
            List<String> status =
                    program.err().stream().filter(l -> l.contains("witness up")).toList();
            assertThat(status).as("plain lines, at most one a second").hasSizeBetween(2, 8);
            assertThat(program.err()).noneMatch(line -> line.contains("\u001b"));
        }
    }

    @Test
    void aKilledPrimaryIsReportedAndNoLineIsLost(@TempDir Path folder) throws Exception {
        Path json = folder.resolve("run.json");
        try (Program run = Program.start("run", "--json", json.toString())) {
            Matcher console = CONSOLE_LINE.matcher(run.awaitOut(l -> l.startsWith("console")));
            assertThat(console.matches()).isTrue();
            try (Program client = Program.start("console", console.group(1))) {
                client.awaitOut(line -> line.startsWith("line 00000020"));
                run.awaitErr(line -> line.contains("primary PAIRED"));
                Program.signal("KILL", pid(run, "primary"));
                run.awaitErr(line -> line.contains("was killed by signal 9"));
                run.awaitErr(line -> line.startsWith("failover: "));
                client.awaitErr(line -> line.contains("failover: "));
                int seen = client.out().size();
                client.awaitOut(line -> line.startsWith(String.format("line %08d", seen + 20)));
                run.awaitErr(line -> line.contains("UNPROTECTED"));
                run.interrupt();
                assertThat(run.awaitExit()).isZero();
                List<String> numbers = new ArrayList<>();
                for (String line : client.out()) {
                    numbers.add(line.substring(0, "line 00000001".length()));
                }
                for (int i = 0; i < numbers.size() - 1; i++) {
                    assertThat(numbers.get(i)).isEqualTo(String.format("line %08d", i + 1));
                }
            }
        }
        JsonObject report = JsonParser.parseString(Files.readString(json)).getAsJsonObject();
        assertThat(report.getAsJsonObject("events").get("failovers").getAsLong()).isOne();
        assertThat(report.get("epochsCommitted").getAsLong()).isPositive();
    }

    @Test
    void ctrlCEndsWithTheSummaryAndLeavesNobodyBehind() throws Exception {
        try (Program run = Program.start("run")) {
            run.awaitErr(line -> line.contains("primary PAIRED"));
            List<Long> pids = pids(run);
            run.interrupt();
            assertThat(run.awaitExit()).isZero();
            assertThat(run.outText()).contains("epochs committed");
            assertThat(pids).hasSize(3).allSatisfy(RunTest::assertEnds);
        }
    }

    @Test
    void childrenEndWithAParentThatIsKilled() throws Exception {
        try (Program run = Program.start("run")) {
            run.awaitErr(line -> line.contains("primary PAIRED"));
            List<Long> pids = pids(run);
            Program.signal("KILL", run.pid());
            run.awaitExit();
            assertThat(pids).hasSize(3).allSatisfy(RunTest::assertEnds);
        }
    }

    @Test
    void aMachineWhoseNodesAreAllDeadIsLost() throws Exception {
        try (Program run = Program.start("run")) {
            run.awaitErr(line -> line.contains("primary PAIRED"));
            Program.signal("KILL", pid(run, "backup"));
            run.awaitErr(line -> line.contains("UNPROTECTED") && line.contains("backup killed"));
            Program.signal("KILL", pid(run, "primary"));
            assertThat(run.awaitExit()).isOne();
            assertThat(run.err().getLast()).contains("the machine is lost");
        }
    }

    @Test
    void theGuestEndsAtAnExactInstruction(@TempDir Path folder) throws Exception {
        Path json = folder.resolve("run.json");
        try (Program run =
                Program.run("run", "--instructions", "2000000", "--json", json.toString())) {
            assertThat(run.exitStatus()).as(run.err().toString()).isZero();
        }
        JsonObject report = JsonParser.parseString(Files.readString(json)).getAsJsonObject();
        assertThat(report.get("guestInstructions").getAsLong()).isEqualTo(2_000_000L);
    }

    @Test
    void withoutADirtyLogNothingIsCommittedOrHeld() throws Exception {
        try (Program run =
                Program.run("run", "--dirty-log", "none", "--for", "2s", "--json", "-")) {
            assertThat(run.exitStatus()).as(run.err().toString()).isZero();
            JsonObject report = JsonParser.parseString(run.outText()).getAsJsonObject();
            assertThat(report.get("epochsCommitted").getAsLong()).isZero();
            assertThat(report.get("outputsReleased").getAsLong()).isPositive();
        }
    }

    @Test
    void keepLeavesTheFilesOfARun(@TempDir Path folder) throws Exception {
        Path keep = folder.resolve("kept");
        try (Program run = Program.run("run", "--for", "1s", "--keep", keep.toString())) {
            assertThat(run.exitStatus()).as(run.err().toString()).isZero();
        }
        assertThat(keep.resolve("register")).isNotEmptyFile();
        assertThat(keep.resolve("messages.log")).exists();
        try (Program again = Program.run("run", "--for", "1s", "--keep", keep.toString())) {
            assertThat(again.exitStatus()).isEqualTo(2);
            assertThat(again.err().getLast()).contains("--keep");
        }
    }

    private static List<Long> pids(Program run) {
        List<Long> pids = new ArrayList<>();
        for (String line : run.out()) {
            Matcher matcher = PID_LINE.matcher(line);
            if (matcher.matches()) {
                pids.add(Long.valueOf(matcher.group(2)));
            }
        }
        return pids;
    }

    private static long pid(Program run, String role) {
        for (String line : run.out()) {
            Matcher matcher = PID_LINE.matcher(line);
            if (matcher.matches() && matcher.group(1).equals(role)) {
                return Long.parseLong(matcher.group(2));
            }
        }
        throw new AssertionError("no PID of the " + role + " in " + run.out());
    }

    private static void assertEnds(long pid) {
        for (int i = 0; i < 500; i++) {
            if (ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isEmpty()) {
                return;
            }
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
        throw new AssertionError("process " + pid + " is still alive");
    }
}
