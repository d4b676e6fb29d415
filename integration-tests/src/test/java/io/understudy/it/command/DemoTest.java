package io.understudy.it.command;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** {@code demo} tells of a failover that really happened. */
class DemoTest {
    @Test
    void theMachineSurvivesAndNoLineIsMissing() throws Exception {
        try (Program program = Program.run("demo")) {
            assertThat(program.exitStatus()).as(program.err().toString()).isZero();
            assertThat(program.outText())
                    .containsSubsequence(
                            "primary  PID ",
                            "guest  line 00000001 ",
                            "PROTECTED: ",
                            "kill -9 ",
                            "carries on from epoch ",
                            "guest  line ",
                            "not one is missing",
                            "UNPROTECTED");
            assertThat(program.err()).isEmpty();
        }
    }
}
