/** The program {@code understudy}. */
module io.understudy.cli {
    requires static com.google.errorprone.annotations;
    requires com.google.gson;
    requires info.picocli;
    requires io.understudy.checkpoint;
    requires io.understudy.drills;
    requires io.understudy.hypervisor;
    requires io.understudy.vmx;
    requires java.logging;
    requires java.management;
    requires static transitive org.jspecify;

    opens io.understudy.cli to
            info.picocli;
    opens io.understudy.cli.activity to
            com.google.gson;
    opens io.understudy.cli.command to
            com.google.gson,
            info.picocli;
    opens io.understudy.cli.report to
            com.google.gson;
}
