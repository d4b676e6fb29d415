package io.understudy.it.document;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.cli.Main;
import io.understudy.drills.Drill;
import io.understudy.drills.Drills;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** docs/commands.md has every command, option and drill, and none that does not exist. */
class CommandsDocumentTest {
    @Test
    void everyCommandAndOptionIsDescribed() throws IOException {
        String document = Checkout.read("docs/commands.md");
        for (Map.Entry<String, CommandLine> entry : commands()) {
            assertThat(document).contains("understudy " + entry.getKey());
            for (OptionSpec option : entry.getValue().getCommandSpec().options()) {
                if (!option.hidden() && !option.usageHelp() && !option.versionHelp()) {
                    assertThat(document).contains(option.longestName());
                }
            }
        }
    }

    @Test
    void onlyCommandsThatExistAreDescribed() throws IOException {
        List<String> names = new ArrayList<>();
        commands().forEach(entry -> names.add(entry.getKey()));
        Checkout.read("docs/commands.md")
                .lines()
                .filter(line -> line.startsWith("## understudy "))
                .flatMap(line -> List.of(line.substring(3).split(", ", -1)).stream())
                .forEach(command -> assertThat(names).contains(command.replace("understudy ", "")));
    }

    @Test
    void everyDrillIsDescribed() throws IOException {
        String document = Checkout.read("docs/commands.md");
        for (Drill drill : Drills.all()) {
            assertThat(document).contains("| `" + drill.name() + "` |");
        }
    }

    private static List<Map.Entry<String, CommandLine>> commands() {
        return Main.commandLine().getSubcommands().entrySet().stream()
                .filter(entry -> !entry.getValue().getCommandSpec().usageMessage().hidden())
                .toList();
    }
}
