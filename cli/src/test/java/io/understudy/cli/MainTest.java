package io.understudy.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.drills.cost.CostTable;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Help, and what is said about a command line that makes no sense. */
class MainTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void helpListsEveryCommandOnce() {
        assertThat(execute("--help")).isZero();
        for (String command :
                List.of(
                        "run",
                        "primary",
                        "backup",
                        "witness",
                        "console",
                        "switchover",
                        "drill",
                        "inspect",
                        "verify",
                        "export",
                        "import",
                        "report",
                        "guard",
                        "monitor",
                        "paging",
                        "views",
                        "apic",
                        "simulate",
                        "vectors")) {
            assertThat(out.toString().lines())
                    .as(command)
                    .filteredOn(line -> line.startsWith("  " + command + " "))
                    .hasSize(1);
        }
        assertThat(out.toString()).doesNotContain("rehearse");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "run",
                "primary",
                "backup",
                "witness",
                "console",
                "switchover",
                "drill",
                "inspect",
                "verify",
                "export",
                "import",
                "report",
                "guard",
                "monitor",
                "paging",
                "views",
                "apic",
                "simulate",
                "vectors"
            })
    void everyCommandHasHelp(String command) {
        assertThat(execute(command, "--help")).isZero();
        assertThat(out.toString()).startsWith("Usage: understudy " + command);
    }

    @ParameterizedTest
    @CsvSource({
        "run --epoch 25x, --epoch, 25x",
        "run --epoch 0ms, --epoch, 0ms",
        "run --for soon, --for, soon",
        "run --memory 256Q, --memory, 256Q",
        "run --memory 5, --memory, 5",
        "run --memory 64T, --memory, 64T",
        "run --guest nosuch, --guest, nosuch",
        "run --cpu z80, --cpu, z80",
        "run --dirty-log crystal-ball, --dirty-log, crystal-ball",
        "run --plant tree, --plant, tree",
        "run --instructions 0, --instructions, 0",
        "run --epoch-instructions -5, --epoch-instructions, -5",
        "run --epoch 25ms --epoch-instructions 5, --epoch-instructions, --epoch",
        "run --guest-parameter pages, --guest-parameter, pages",
        "run --guest-parameter pages=5, pages=5, working-set-pages",
        "run --guest-parameter line-limit=1.5, line-limit=1.5, number",
        "run --guest-parameter working-set-pages=0, working-set-pages=0, at least 1",
        "run --guest dirtier --guest-parameter pattern=zip, pattern=zip, zipf",
        "run --guest dirtier --guest-parameter stores-per-page=513, stores-per-page=513, 1 to 512",
        "run --guest dirtier --guest-parameter working-set=512M, working-set=512M, 256M",
        "run --image /nonexistent/guest.elf, --image, /nonexistent/guest.elf",
        "run --monitor-interval 2s, --monitor-interval 2s, add it",
        "run extra, extra, extra",
        "primary --witness 127.0.0.1:1 --monitor-interval 2s, --monitor-interval 2s, add it",
        "backup --witness 127.0.0.1:1 --monitor-interval 2s, --monitor-interval 2s, add it",
        "primary --witness nowhere, --witness, nowhere",
        "primary, --witness, --witness",
        "backup --witness 127.0.0.1:1 --dirty-log none, --dirty-log, none",
        "witness --listen 127.0.0.1:99999 --register r, --listen, 99999",
        "console 127.0.0.1, HOST:PORT, 127.0.0.1",
        "console 127.0.0.1:1 --from -1, --from, -1",
        "drill nosuch, nosuch, drill list",
        "drill list all, list, alone",
        "drill kill-primary --repeat 0, --repeat, 0",
        "drill kill-primary --plant tree, --plant, tree",
        "inspect /nonexistent/file, /nonexistent/file, inspect",
        "verify /nonexistent/file, /nonexistent/file, verify",
        "export /nonexistent/file x.tar.lz4, /nonexistent/file, export",
        "import /nonexistent/file x, /nonexistent/file, import",
        "run --restore /nonexistent/file@3, --restore, /nonexistent/file",
        "run --restore /tmp@three, --restore, three",
        "run --keep-bytes few, --keep-bytes, few",
        "report --guest nosuch, --guest, nosuch",
        "report --for soon, --for, soon",
        "report --epoch-instructions 5, --epoch-instructions, 5",
        "report --costs /nonexistent/costs.txt, --costs, /nonexistent/costs.txt",
        "simulate --seeds 0, --seeds, 0",
        "simulate --plant tree, --plant, tree",
        "vectors /nonexistent/file, /nonexistent/file, /nonexistent/file",
        "views --slots 65, --slots, 65",
        "views --packet-bytes 5, --packet-bytes, 5",
        "views --memory 5M, --memory 5M, 2M",
        "views --memory 999999T, --memory 999999T, must be",
        "views --protect nobody, --protect nobody, each",
        "views --dirty-log tree, --dirty-log, tree",
        "views --dirty-log pml --protect first, --protect first, output gate",
        "views --protect unit, --protect, --dirty-log",
        "views --cpu baseline-no-ad, VMFUNC, --cpu baseline-no-ad",
        "views --window-image /nonexistent/x, --window-image, /nonexistent/x",
        "views --costs /nonexistent/costs.txt, --costs, /nonexistent/costs.txt",
        "guard --policy maybe, --policy, maybe",
        "guard --recheck 1us, --recheck, 1us",
        "guard --guest nosuch, --guest, nosuch",
        "guard --for 0s, --for, 0s",
        "monitor --leaf 3M, --leaf, 3M",
        "monitor --interval 20s, --interval, --for",
        "monitor --cpu baseline-no-ad, --cpu, baseline-no-ad",
        "paging --resident 1K, --resident, 1K",
        "paging --resident 512M, --resident, --memory",
        "paging --memory 3, --memory 3, 2M",
        "paging --instructions 0, --instructions 0, at least 1",
        "paging --instructions 5 --for 1s, --instructions 5, --for 1s",
        "paging --svg -, --svg -, standard output",
        "paging --cpu baseline-no-ad, --cpu, baseline-no-ad",
        "paging --costs /nonexistent/costs.txt, --costs, /nonexistent/costs.txt",
        "apic --apic lapic, --apic, lapic",
        "apic --stage nmi, --stage, nmi",
        "apic --virtual 1ms --for 1s, --virtual 1ms, --for 1s",
        "apic --costs /nonexistent/costs.txt, --costs, /nonexistent/costs.txt",
        "frobnicate, frobnicate, frobnicate"
    })
    void badUsageIsOneSentenceThatNamesOptionAndValue(String line, String option, String value) {
        int status = execute(line.split(" ", -1));
        assertThat(status).isEqualTo(ExitStatus.USAGE);
        assertThat(err.toString().lines()).hasSize(1);
        assertThat(err.toString()).startsWith("understudy").contains(option).contains(value);
        assertThat(out.toString()).isEmpty();
    }

    /** The working set of the default guest is 192M of 256M. */
    @Test
    void defaultSizesFitIntoLessMemory(@TempDir Path folder) throws Exception {
        Path json = folder.resolve("p.json");
        assertThat(
                        execute(
                                "paging",
                                "--memory",
                                "8M",
                                "--instructions",
                                "300000",
                                "--json",
                                json.toString()))
                .isZero();
        assertThat(Files.readString(json)).contains("\"guestInstructions\": 300000,");
    }

    @Test
    void noCommandIsUsage() {
        assertThat(execute()).isEqualTo(ExitStatus.USAGE);
        assertThat(err.toString().lines()).hasSize(1);
    }

    @Test
    void aFileThatIsNoGuestIsUsage(@TempDir Path folder) throws Exception {
        Path image = Files.writeString(folder.resolve("guest.elf"), "not an ELF file");
        assertThat(execute("run", "--image", image.toString())).isEqualTo(ExitStatus.USAGE);
        assertThat(err.toString()).startsWith("understudy run: ").contains("guest.elf");
    }

    @Test
    void aResultThatCannotBeWrittenIsFoundOutFirst() {
        int status = execute("run", "--for", "1s", "--json", "/nonexistent/x.json");
        assertThat(status).isEqualTo(ExitStatus.ENVIRONMENT);
        assertThat(err.toString().lines()).hasSize(1);
        assertThat(err.toString()).contains("--json").contains("/nonexistent/x.json");
    }

    @Test
    void aCostsFileWithANegativePriceIsUsage(@TempDir Path folder) throws Exception {
        String costs = CostTable.builtInText().replace("invept | 200 |", "invept | -200 |");
        Path file = Files.writeString(folder.resolve("costs.txt"), costs);
        assertThat(execute("report", "--costs", file.toString())).isEqualTo(ExitStatus.USAGE);
        assertThat(err.toString().lines()).hasSize(1);
        assertThat(err.toString())
                .startsWith("understudy report: --costs " + file + " line ")
                .contains("the low value of invept is -200, which is negative");
    }

    @Test
    void aPlantedMistakeIsStatusOneAndNoneIsStatusZero() {
        assertThat(execute("simulate", "--seeds", "20", "--first-seed", "1")).isZero();
        assertThat(
                        execute(
                                "simulate",
                                "--seeds",
                                "20",
                                "--first-seed",
                                "1",
                                "--plant",
                                "release-before-ack"))
                .isEqualTo(ExitStatus.FAILED);
    }

    @Test
    void allStandsAlone() {
        assertThat(execute("drill", "kill-primary", "all")).isEqualTo(ExitStatus.USAGE);
        assertThat(err.toString()).contains("'all' stands alone");
    }

    /** A start builds the model of one command, found by the name of its class. */
    @ParameterizedTest
    @CsvSource({
        "--cpus, 0, 0 is not 1 or 2",
        "--cpus, 3, 3 is not 1 or 2",
        "--memory, 1K, 1K is less than 2M",
        "--memory, 2097153, 2097153 is no multiple of 4K",
    })
    void aMachineOutOfRangeIsBadUsage(String option, String value, String why) {
        int status = execute("machine", "--image", "kernel.elf", option, value);
        assertThat(status).isEqualTo(ExitStatus.USAGE);
        assertThat(err.toString().lines()).hasSize(1);
        assertThat(err.toString()).contains("'%s': %s".formatted(option, why));
    }

    @Test
    void aCommandLineHasTheCommandThatItBeginsWithAlone() {
        Set<String> all = Main.commandLine().getSubcommands().keySet();
        assertThat(all).contains("run", "machine", "rehearse").hasSize(24);
        for (String name : all) {
            assertThat(subcommands(name, "--help"))
                    .isEqualTo(name.equals("rehearse") ? all : Set.of(name));
        }
    }

    @Test
    void anyOtherCommandLineHasAllCommands() {
        Set<String> all = Main.commandLine().getSubcommands().keySet();
        assertThat(subcommands()).isEqualTo(all);
        assertThat(subcommands("")).isEqualTo(all);
        assertThat(subcommands("--help", "run")).isEqualTo(all);
        assertThat(subcommands("machin")).isEqualTo(all);
        assertThat(subcommands("Machine")).isEqualTo(all);
        assertThat(subcommands("machineCommand")).isEqualTo(all);
    }

    private static Set<String> subcommands(String... arguments) {
        return Main.commandLineFor(arguments).getSubcommands().keySet();
    }

    private int execute(String... arguments) {
        CommandLine commandLine = Main.commandLine();
        commandLine.setOut(new PrintWriter(out, true));
        commandLine.setErr(new PrintWriter(err, true));
        return commandLine.execute(arguments);
    }
}
