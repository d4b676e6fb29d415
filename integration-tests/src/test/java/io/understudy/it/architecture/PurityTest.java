package io.understudy.it.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import java.time.Clock;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Time and randomness are arguments, and nothing static can change. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PurityTest {
    private static final String ROLES = "io.understudy.replication.role..";

    private final JavaClasses ours = OurClasses.load();

    @Test
    void rolesHaveNoThreadsSocketsClocksOrRandomness() {
        noClasses()
                .that()
                .resideInAPackage(ROLES)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "java.net..",
                        "java.nio.channels..",
                        "java.nio.file..",
                        "java.io..",
                        "java.util.concurrent..",
                        "java.security..",
                        "io.grpc..",
                        "io.netty..",
                        "com.google.protobuf..",
                        "io.understudy.proto..",
                        "io.understudy.replication.endpoint..",
                        "io.understudy.replication.transport..",
                        "io.understudy.replication.host..")
                .orShould()
                .dependOnClassesThat()
                .belongToAnyOf(Thread.class, java.util.Random.class, Clock.class, Instant.class)
                .check(ours);
    }

    @Test
    void rolesAreToldTheTime() {
        noClasses()
                .that()
                .resideInAPackage(ROLES)
                .should()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(java.util.UUID.class, "randomUUID")
                .check(ours);
    }

    @Test
    void theMachineIsToldTheTime() {
        noClasses()
                .that()
                .resideInAnyPackage("io.understudy.vmx..", "io.understudy.hypervisor..")
                .and()
                .doNotHaveFullyQualifiedName("io.understudy.hypervisor.SystemHostClock")
                .should()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .dependOnClassesThat()
                .belongToAnyOf(Clock.class, Instant.class, ThreadLocalRandom.class)
                .check(ours);
    }

    @Test
    void nobodyDrawsUnseededRandomNumbersBelowTheCommandLine() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.understudy.cli..")
                .should()
                .callConstructor(java.util.Random.class)
                .orShould()
                .callMethod(Math.class, "random")
                .orShould()
                .callMethod(ThreadLocalRandom.class, "current")
                .check(ours);
    }

    @Test
    void nothingStaticCanBeReassigned() {
        fields().that()
                .areStatic()
                .and()
                .areDeclaredInClassesThat()
                .resideOutsideOfPackage("io.understudy.proto..")
                .and()
                .doNotHaveName("$assertionsDisabled")
                .should()
                .beFinal()
                .check(ours);
    }
}
