package io.understudy.cli.activity;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.cli.activity.MonitorReport.Interval;
import io.understudy.cli.activity.MonitorReport.WithoutInvalidation;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.xml.sax.InputSource;

class ActivityPresentationTest {
    private static Interval interval(long index, int... accessed) {
        long pages = 0;
        for (int cell : accessed) {
            pages += cell;
        }
        int[] modified = new int[accessed.length];
        modified[0] = accessed[0] / 2;
        return new Interval(
                index,
                1000 * (index - 1),
                1000 * index,
                250.5,
                pages,
                modified[0],
                3,
                1,
                1,
                1,
                pages,
                pages,
                12.5,
                1024,
                new WithoutInvalidation(1, 0, 1, pages),
                16,
                Arrays.stream(accessed).boxed().toList(),
                Arrays.stream(modified).boxed().toList());
    }

    private static MonitorReport report(int intervals) {
        List<Interval> list = new ArrayList<>();
        for (int i = 1; i <= intervals; i++) {
            list.add(interval(i, i % 17, 16, 0, 5));
        }
        return new MonitorReport(
                1,
                "a <b> & c",
                1 << 18,
                "4K",
                250,
                new MonitorReport.Deviation(0, 0),
                new MonitorReport.Deviation(-50, -98.5),
                list);
    }

    @Test
    void aLineWithoutColoursShadesWhatWasAccessed() {
        TerminalHeatMap map = new TerminalHeatMap(false, 74);
        String line = map.line(1.25, interval(1, 0, 1, 4, 16));
        assertThat(line)
                .isEqualTo(
                        "   1.3s | :=@            | 84 KiB accessed, 0 KiB modified, true 84 KiB,"
                                + " no INVEPT 4 KiB");
        assertThat(map.legend(64 << 20)).contains("|0").contains("64.0 MiB|");
    }

    @Test
    void aLineWithColoursShowsBothHalvesAndEndsThem() {
        String line = new TerminalHeatMap(true, 74).line(1, interval(1, 16, 0, 0, 0));
        assertThat(line).contains("\u001b[38;2;242;177;52m").contains("\u2580");
        assertThat(line.lastIndexOf("\u001b[0m")).isLessThan(line.lastIndexOf('|'));
    }

    @Test
    void manyCellsShareACharacter() {
        int[] cells = new int[512];
        cells[511] = 16;
        String line = new TerminalHeatMap(false, 74).line(1, interval(1, cells));
        assertThat(line).contains("               :|");
    }

    @Test
    void prometheusTextHasTypesValuesAndGrowingCounters() {
        PrometheusText text = new PrometheusText("a \"b\"");
        assertThat(text.after(interval(1, 16, 16)))
                .contains("# TYPE understudy_working_set_bytes gauge\n")
                .contains("understudy_working_set_bytes{guest=\"a \\\"b\\\"\"} 131072\n")
                .contains("understudy_working_set_true_bytes{guest=\"a \\\"b\\\"\"} 131072\n")
                .contains("understudy_intervals_total{guest=\"a \\\"b\\\"\"} 1\n");
        assertThat(text.after(interval(2, 0, 0)))
                .contains("understudy_intervals_total{guest=\"a \\\"b\\\"\"} 2\n")
                .contains("understudy_leaves_read_total{guest=\"a \\\"b\\\"\"} 2048\n")
                .contains(
                        "understudy_memory_accessed_regions{guest=\"a \\\"b\\\"\",size=\"2M\"} 3\n");
        assertThat(metrics(text.after(interval(3, 1, 0)))).hasSize(12);
    }

    /**
     * Reads the text as a collector does: every family is announced once, with help and a known
     * type, before its samples; a sample has labels that end, differs from the others and is a
     * number; counters end in {@code _total}. Returns samples by family.
     */
    private static Map<String, Integer> metrics(String text) {
        assertThat(text).endsWith("\n");
        Map<String, Integer> samples = new LinkedHashMap<>();
        Set<String> seen = new HashSet<>();
        String family = "";
        boolean isAnnounced = false;
        Pattern sample =
                Pattern.compile(
                        "([a-z_]+)\\{[a-z]+=\"([^\"\\\\\n]|\\\\[\\\\n\"])*\""
                                + "(,[a-z]+=\"[^\"]*\")*} ([0-9]+(\\.[0-9]+)?)");
        for (String line : text.split("\n", 0)) {
            if (line.startsWith("# HELP ")) {
                family = line.split(" ", 4)[2];
                isAnnounced = false;
                assertThat(samples.putIfAbsent(family, 0)).as(line).isNull();
            } else if (line.startsWith("# TYPE ")) {
                String type = line.split(" ", 4)[3];
                assertThat(line).startsWith("# TYPE " + family + " ");
                assertThat(type).isEqualTo(family.endsWith("_total") ? "counter" : "gauge");
                isAnnounced = true;
            } else {
                Matcher m = sample.matcher(line);
                assertThat(m.matches()).as(line).isTrue();
                assertThat(m.group(1)).isEqualTo(family);
                assertThat(isAnnounced).as(line).isTrue();
                assertThat(seen.add(line.substring(0, line.lastIndexOf(' ')))).as(line).isTrue();
                samples.merge(family, 1, Integer::sum);
            }
        }
        assertThat(samples.values()).allMatch(count -> count > 0);
        return samples;
    }

    @Test
    void thePictureIsXmlWithEveryStrengthThatOccurs() throws Exception {
        String svg = ActivityPicture.of(report(20));
        DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(svg)));
        assertThat(svg)
                .contains("a &lt;b&gt; &amp; c")
                .contains("Memory accessed")
                .contains("<path fill=\"" + HeatScale.hexColour(HeatScale.MAX) + "\"")
                .contains("true</text>");
    }

    @Test
    void thePictureOfALongRunStaysSmall() {
        assertThat(ActivityPicture.of(report(5_000)).length()).isLessThan(400_000);
        assertThat(ActivityPicture.of(report(0))).contains("</svg>");
    }

    @Test
    void thePageHasARowForEachInterval() {
        String page = ActivityPage.of(report(7));
        assertThat(page).contains("-98.50 % at worst").contains("<svg");
        assertThat(page.split("<tr><td>")).hasSize(8);
    }

    @Test
    void thePageReloadsItselfAsLongAsTheRunGoesOn() {
        assertThat(ActivityPage.live(report(2))).contains("http-equiv", "The run goes on");
        assertThat(ActivityPage.of(report(2))).doesNotContain("http-equiv", "The run goes on");
    }

    @Test
    void levelsGrowWithUse() {
        assertThat(HeatScale.level(0, 16)).isZero();
        assertThat(HeatScale.level(1, 512)).isOne();
        assertThat(HeatScale.level(16, 16)).isEqualTo(HeatScale.MAX);
    }
}
