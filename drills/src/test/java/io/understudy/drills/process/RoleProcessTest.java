package io.understudy.drills.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Children here are Java programs of a few lines; the test class itself is the program. */
class RoleProcessTest {
    private static final long PATIENCE_S = 60;
    private static final int KILLED = 128 + 9;

    private final BlockingQueue<NodeReport> reports = new ArrayBlockingQueue<>(16);
    private final BlockingQueue<String> errors = new ArrayBlockingQueue<>(16);

    /** The child: says who it is, then waits until its input closes or it is killed. */
    static final class Child {
        private Child() {}

        public static void main(String[] arguments) throws Exception {
            System.out.println(NodeReport.idle(arguments[0], "up", "", "here").toJsonLine());
            System.err.println("a complaint");
            System.out.println("a stray line");
            while (System.in.read() >= 0) {
                Thread.onSpinWait();
            }
            System.out.println(NodeReport.idle(arguments[0], "ended", "", "here").toJsonLine());
        }
    }

    @Test
    void reportsAndStrayLinesAreToldApart() throws Exception {
        try (RoleProcess process = start()) {
            NodeReport report = reports.poll(PATIENCE_S, TimeUnit.SECONDS);
            assertThat(report).isEqualTo(NodeReport.idle("witness", "up", "", "here"));
            assertThat(
                            List.of(
                                    String.valueOf(errors.poll(PATIENCE_S, TimeUnit.SECONDS)),
                                    String.valueOf(errors.poll(PATIENCE_S, TimeUnit.SECONDS))))
                    .containsExactlyInAnyOrder("a complaint", "a stray line");
            assertThat(process.newest()).isEqualTo(report);
            assertThat(process.errorLines()).contains("a complaint");
        }
    }

    @Test
    void endsWhenItsInputCloses() throws Exception {
        try (RoleProcess process = start()) {
            assertThat(reports.poll(PATIENCE_S, TimeUnit.SECONDS)).isNotNull();
            assertThat(process.exitStatus()).isNull();
            process.askToEnd();
            assertThat(process.awaitEnd(TimeUnit.SECONDS.toMillis(PATIENCE_S))).isZero();
            NodeReport last = process.newest();
            assertThat(last).isNotNull();
            assertThat(String.valueOf(last)).contains("state=ended");
        }
    }

    @Test
    void isKilledByItsOwnPid() throws Exception {
        try (RoleProcess process = start()) {
            assertThat(reports.poll(PATIENCE_S, TimeUnit.SECONDS)).isNotNull();
            assertThat(ProcessHandle.of(process.pid()).flatMap(h -> h.info().command()))
                    .hasValueSatisfying(c -> assertThat(c).endsWith("java"));
            process.kill();
            assertThat(process.awaitEnd(TimeUnit.SECONDS.toMillis(PATIENCE_S))).isEqualTo(KILLED);
        }
    }

    @Test
    void survivesCtrlC() throws Exception {
        try (RoleProcess process = start()) {
            assertThat(reports.poll(PATIENCE_S, TimeUnit.SECONDS)).isNotNull();
            String pid = Long.toString(process.pid());
            assertThat(new ProcessBuilder("kill", "-INT", pid).start().waitFor()).isZero();
            process.askToEnd();
            assertThat(process.awaitEnd(TimeUnit.SECONDS.toMillis(PATIENCE_S))).isZero();
        }
    }

    private RoleProcess start() throws Exception {
        String java = System.getProperty("java.home") + "/bin/java";
        ChildCommand command =
                new ChildCommand(
                        java,
                        List.of("-Xmx64m", "-XX:TieredStopAtLevel=1"),
                        System.getProperty("java.class.path"),
                        Child.class.getName());
        return RoleProcess.start(
                "witness", command, List.of(), List.of("witness"), reports::add, errors::add);
    }
}
