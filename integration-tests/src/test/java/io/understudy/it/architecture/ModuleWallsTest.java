package io.understudy.it.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which module may use which (docs/ARCHITECTURE.md, "Modules"). */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ModuleWallsTest {
    private static final String PROTO = "io.understudy.proto..";
    private static final String CORE = "io.understudy.checkpoint..";
    private static final String VMX = "io.understudy.vmx..";
    private static final String HYPERVISOR = "io.understudy.hypervisor..";
    private static final String REPLICATION = "io.understudy.replication..";
    private static final String DRILLS = "io.understudy.drills..";
    private static final String CLI = "io.understudy.cli..";

    /** What a module may use of ours besides itself. */
    private static final Map<String, List<String>> BELOW =
            Map.of(
                    PROTO, List.of(),
                    CORE, List.of(PROTO),
                    VMX, List.of(),
                    HYPERVISOR, List.of(CORE, VMX),
                    REPLICATION, List.of(CORE, PROTO),
                    DRILLS, List.of(REPLICATION, HYPERVISOR, CORE, VMX, PROTO),
                    CLI, List.of(DRILLS, REPLICATION, HYPERVISOR, CORE, VMX));

    private final JavaClasses ours = OurClasses.load();

    @Test
    void everyModuleIsLookedAt() {
        Map<String, Long> classesByModule = new TreeMap<>();
        for (JavaClass c : ours) {
            String module = c.getPackageName().replaceFirst("io\\.understudy\\.([a-z]+).*", "$1");
            classesByModule.merge(module, 1L, Long::sum);
        }
        assertThat(classesByModule)
                .containsOnlyKeys(
                        "checkpoint", "cli", "drills", "hypervisor", "proto", "replication", "vmx");
    }

    @Test
    void arrowsOnlyGoDown() {
        BELOW.forEach((module, below) -> {
            String[] allowed = new String[below.size() + 1];
            below.toArray(allowed);
            allowed[below.size()] = module;
            ArchRule rule =
                    noClasses()
                            .that()
                            .resideInAPackage(module)
                            .should()
                            .dependOnClassesThat(isOursOutside(allowed));
            rule.check(ours);
        });
    }

    @Test
    void modulesHaveNoCycles() {
        SlicesRuleDefinition.slices()
                .matching("io.understudy.(*)..")
                .should()
                .beFreeOfCycles()
                .check(ours);
    }

    /** What a module's first package holds, all of its rooms may use: it is what others see. */
    @ParameterizedTest
    @ValueSource(strings = {"checkpoint", "cli", "drills", "hypervisor", "replication", "vmx"})
    void theRoomsOfAModuleHaveNoCycles(String module) {
        SlicesRuleDefinition.slices()
                .matching("io.understudy." + module + ".(*)..")
                .should()
                .beFreeOfCycles()
                .check(ours);
    }

    @Test
    void theHypervisorTouchesTheProcessorOnlyAsSoftwareCan() {
        noClasses()
                .that()
                .resideInAPackage(HYPERVISOR)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.understudy.vmx.cpu..",
                        "io.understudy.vmx.execute..",
                        "io.understudy.vmx.operation..",
                        "io.understudy.vmx.event..",
                        "io.understudy.vmx.apic..",
                        "io.understudy.vmx.groundtruth..",
                        "io.understudy.vmx.conformance..")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("io.understudy.vmx.memory.Tlb")
                .check(ours);
    }

    @Test
    void groundTruthIsForJudgesOnly() {
        noClasses()
                .that()
                .resideInAnyPackage(HYPERVISOR, REPLICATION, CORE)
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.understudy.vmx.groundtruth..")
                .check(ours);
    }

    @Test
    void theCoreKnowsNoNetwork() {
        noClasses()
                .that()
                .resideInAnyPackage(CORE, VMX, HYPERVISOR)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.grpc..", "io.netty..", "java.net..")
                .orShould()
                .dependOnClassesThat()
                .haveNameMatching("java\\.nio\\.channels\\.(Server)?SocketChannel")
                .check(ours);
    }

    /** So that a program without a witness of several peers neither loads nor needs it. */
    @Test
    void onePackageUsesRatis() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.understudy.replication.witness.replicated..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.apache.ratis..")
                .check(ours);
        noClasses()
                .that()
                .resideOutsideOfPackages(CLI, "io.understudy.replication.witness.replicated..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.understudy.replication.witness.replicated..")
                .check(ours);
    }

    @Test
    void onlyTheCommandLineWritesToStandardOutput() {
        noClasses()
                .that()
                .resideOutsideOfPackages(CLI)
                .should()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err")
                .check(ours);
    }

    @Test
    void onlyTheCommandLineEndsTheProcess() {
        noClasses()
                .that()
                .resideOutsideOfPackages(CLI)
                .should()
                .callMethod(System.class, "exit", int.class)
                .orShould()
                .callMethod(Runtime.class, "halt", int.class)
                .check(ours);
    }

    @Test
    void pagesAreDecompressedBySafeDecompressorsOnly() {
        noClasses()
                .should()
                .callMethodWhere(
                        DescribedPredicate.describe(
                                "an LZ4 factory without bounds checks",
                                call ->
                                        call.getTargetOwner()
                                                        .getName()
                                                        .equals("net.jpountz.lz4.LZ4Factory")
                                                && call.getName().contains("Insecure")))
                .check(ours);
    }

    @Test
    void everyPackageSaysWhatItOwns() {
        classes()
                .that()
                .resideOutsideOfPackage(PROTO)
                .should(
                        new HasPackageInfo(
                                ours.stream()
                                        .filter(c -> c.getSimpleName().equals("package-info"))
                                        .map(JavaClass::getPackageName)
                                        .toList()))
                .check(ours);
    }

    private static DescribedPredicate<JavaClass> isOursOutside(String... allowed) {
        DescribedPredicate<JavaClass> isAllowed = JavaClass.Predicates.resideInAnyPackage(allowed);
        return DescribedPredicate.describe(
                "are ours and outside of " + List.of(allowed),
                c -> c.getPackageName().startsWith("io.understudy.") && !isAllowed.test(c));
    }
}
