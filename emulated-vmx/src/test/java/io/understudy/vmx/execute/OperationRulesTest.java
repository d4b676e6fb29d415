package io.understudy.vmx.execute;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.instruction.InvokeInstruction;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The rule that makes faults precise, read off the class files: an operation says where it is
 * before it may fault, or cannot fault at all.
 */
final class OperationRulesTest {
    private static final String PACKAGE = "io/understudy/vmx/execute/";
    private static final Map<String, ClassModel> CLASSES = new HashMap<>();

    @BeforeAll
    static void read() throws Exception {
        Path root =
                Path.of(
                        Objects.requireNonNull(Executor.class.getProtectionDomain().getCodeSource())
                                .getLocation()
                                .toURI());
        try (Stream<Path> files = Files.list(root.resolve(PACKAGE))) {
            for (Path file : files.filter(f -> f.toString().endsWith(".class")).toList()) {
                ClassModel model = parse(file);
                CLASSES.put(model.thisClass().asInternalName(), model);
            }
        }
    }

    private static ClassModel parse(Path file) throws IOException {
        return ClassFile.of().parse(file);
    }

    @Test
    void operationsThatMayFaultMarkThemselvesFirst() {
        List<String> silent = new ArrayList<>();
        int checked = 0;
        for (ClassModel c : CLASSES.values()) {
            if (!isA(c, "Op") || isA(c, "RegisterOp")) {
                continue;
            }
            for (String called : calls(c)) {
                checked++;
                if (!called.endsWith(".mark") && !called.endsWith(".linear")) {
                    silent.add(c.thisClass().asInternalName() + " begins with " + called);
                }
                break;
            }
        }
        assertThat(silent).isEmpty();
        assertThat(checked).isGreaterThan(60);
    }

    @Test
    void registerOperationsReachNoMemoryAndRaiseNothing() {
        List<String> reaching = new ArrayList<>();
        for (ClassModel c : CLASSES.values()) {
            if (!isA(c, "RegisterOp")) {
                continue;
            }
            for (String called : calls(c)) {
                if (called.contains("/Cpu.")
                        || called.contains("MemoryAccess")
                        || called.contains("Operand.")) {
                    reaching.add(c.thisClass().asInternalName() + " calls " + called);
                }
            }
        }
        assertThat(reaching).isEmpty();
    }

    private static boolean isA(ClassModel c, String ancestor) {
        ClassModel at = c;
        while (at != null) {
            String parent = at.superclass().map(ClassEntry::asInternalName).orElse("");
            if (parent.equals(PACKAGE + ancestor)) {
                return true;
            }
            at = CLASSES.get(parent);
        }
        return false;
    }

    /** What {@code execute} calls, in order. */
    private static List<String> calls(ClassModel c) {
        List<String> called = new ArrayList<>();
        for (MethodModel m : c.methods()) {
            if (m.methodName().equalsString("execute")) {
                m.code()
                        .ifPresent(code ->
                                code.forEach(e -> {
                                    if (e instanceof InvokeInstruction call) {
                                        called.add(
                                                call.owner().asInternalName()
                                                        + "."
                                                        + call.name().stringValue());
                                    }
                                }));
            }
        }
        return called;
    }
}
