package io.understudy.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.understudy.drills.cost.CostTable;
import io.understudy.drills.interrupts.InterruptPlan;
import io.understudy.drills.interrupts.InterruptResult;
import io.understudy.drills.interrupts.InterruptRun;
import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.SystemHostClock;
import io.understudy.hypervisor.VirtualMachineConfig;
import io.understudy.hypervisor.interrupt.InterruptStage;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;

/** The result of {@code apic} as JSON, as text and as a picture. */
class ApicReportTest {
    private static InterruptResult result;
    private static ApicReport report;

    @BeforeAll
    static void run() throws Exception {
        InterruptPlan plan =
                new InterruptPlan(
                        VirtualMachineConfig.of(4 << 20),
                        GuestImage.builtIn("interrupts"),
                        List.of(
                                InterruptStage.MMIO,
                                InterruptStage.POSTED,
                                InterruptStage.X2_MSR,
                                InterruptStage.X2_POSTED),
                        1,
                        1_000_000);
        result = InterruptRun.run(plan, new SystemHostClock(), () -> false, stage -> {});
        report = ApicReport.of("interrupts", result, CostTable.builtIn());
    }

    @Test
    void theDocumentHasTheKeysOfTheContract() {
        JsonObject json = JsonParser.parseString(new Gson().toJson(report)).getAsJsonObject();
        JsonObject stage = json.getAsJsonArray("stages").get(1).getAsJsonObject();
        assertThat(json.keySet()).contains("schemaVersion", "stages", "statesAgree");
        assertThat(stage.keySet())
                .contains("name", "exitsByReason", "eliminatedPercent", "cheapenedPercent");
        assertThat(stage.get("name").getAsString()).isEqualTo("posted-interrupts");
        assertThat(stage.get("comparedWith").getAsString()).isEqualTo("mmio");
        assertThat(stage.get("eliminatedPercent").getAsDouble()).isGreaterThan(50);
    }

    @Test
    void theTextHasEveryStageAndTheClaim() {
        String text = String.join("\n", ApicText.of(report, result));
        assertThat(text)
                .contains("in the same state at the end of each")
                .contains("Intel, 2012: up to 50 % eliminated, up to 10 % optimised")
                .contains("time of exits, modelled");
        for (ApicReport.Stage s : report.stages()) {
            assertThat(text).contains(s.name());
        }
        assertThat(text.lines()).allSatisfy(l -> assertThat(l.length()).isLessThan(200));
    }

    @Test
    void thePictureIsWellFormedAndItsBarsAreTheExits() throws Exception {
        String svg = ApicPicture.of(report);
        Document document =
                DocumentBuilderFactory.newInstance()
                        .newDocumentBuilder()
                        .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
        long sum = 0;
        for (int i = 0; i < document.getElementsByTagName("title").getLength(); i++) {
            String title = document.getElementsByTagName("title").item(i).getTextContent();
            sum += Long.parseLong(title.replaceAll(".*: ", "").replace(",", ""));
        }
        assertThat(sum)
                .isEqualTo(report.stages().stream().mapToLong(ApicReport.Stage::exits).sum());
    }
}
