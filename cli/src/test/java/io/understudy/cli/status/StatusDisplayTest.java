package io.understudy.cli.status;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class StatusDisplayTest {
    private static final long SECOND_NS = 1_000_000_000L;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

    @Test
    void elsewhereThanOnATerminalAtMostOneLineASecond() {
        StatusDisplay display = new StatusDisplay(out, false, 80);
        for (long tenth = 0; tenth < 25; tenth++) {
            display.status("status " + tenth, tenth * SECOND_NS / 10);
        }
        assertThat(written()).isEqualTo("status 0\nstatus 10\nstatus 20\n");
    }

    @Test
    void elsewhereThanOnATerminalNothingButText() {
        StatusDisplay display = new StatusDisplay(out, false, 80);
        display.status("UNPROTECTED | epoch 1", 0);
        display.message("the primary was killed");
        display.clear();
        assertThat(written()).isEqualTo("UNPROTECTED | epoch 1\nthe primary was killed\n");
    }

    @Test
    void onATerminalTheLineRedrawsItselfBelowMessages() {
        StatusDisplay display = new StatusDisplay(out, true, 80);
        display.status("one", 0);
        display.status("one", 1);
        display.status("two", 2);
        display.message("message");
        display.status("two", 3);
        assertThat(written())
                .isEqualTo("\r\u001b[2Kone\r\u001b[2Ktwo\r\u001b[2Kmessage\n\r\u001b[2Ktwo");
    }

    @Test
    void onATerminalALongLineIsCutAndTheAlarmIsBold() {
        StatusDisplay display = new StatusDisplay(out, true, 16);
        display.status("UNPROTECTED | epoch 1", 0);
        assertThat(written()).isEqualTo("\r\u001b[2K\u001b[1mUNPROTECTED\u001b[0m | e");
    }

    private String written() {
        return bytes.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n");
    }
}
