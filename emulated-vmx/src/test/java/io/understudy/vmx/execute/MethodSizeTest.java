package io.understudy.vmx.execute;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.CodeAttribute;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * HotSpot never compiles a method above 8000 bytes of bytecode, without a word; nothing in the
 * processor may come near, and what executes per instruction must stay small enough to inline.
 */
final class MethodSizeTest {
    private static final int COMPILED_BYTES_MAX = 8000;

    /** Default of FreqInlineSize. */
    private static final int INLINED_BYTES_MAX = 325;

    @Test
    void everyMethodOfTheProcessorCanBeCompiled() throws Exception {
        List<String> huge = new ArrayList<>();
        for (Path file : classFiles()) {
            forEachMethod(
                    file,
                    (name, bytes) -> {
                        if (bytes >= COMPILED_BYTES_MAX && !name.contains("<clinit>")) {
                            huge.add(name + " has " + bytes + " bytes");
                        }
                    });
        }
        assertThat(huge).isEmpty();
    }

    @Test
    void everyOperationCanBeInlined() throws Exception {
        List<String> large = new ArrayList<>();
        int[] operations = {0};
        for (Path file : classFiles()) {
            if (!file.toString().contains("execute")) {
                continue;
            }
            forEachMethod(
                    file,
                    (name, bytes) -> {
                        if (name.endsWith(".execute")) {
                            operations[0]++;
                            if (bytes > INLINED_BYTES_MAX) {
                                large.add(name + " has " + bytes + " bytes");
                            }
                        }
                    });
        }
        assertThat(large).isEmpty();
        assertThat(operations[0]).isGreaterThan(100);
    }

    private interface MethodVisitor {
        void visit(String name, int bytes);
    }

    private static List<Path> classFiles() throws IOException, URISyntaxException {
        Path root =
                Path.of(
                        Objects.requireNonNull(Executor.class.getProtectionDomain().getCodeSource())
                                .getLocation()
                                .toURI());
        try (Stream<Path> all = Files.walk(root)) {
            return all.filter(p -> p.toString().endsWith(".class")).toList();
        }
    }

    private static void forEachMethod(Path file, MethodVisitor visitor) throws IOException {
        ClassModel model = ClassFile.of().parse(file);
        for (MethodModel method : model.methods()) {
            if (method.code().orElse(null) instanceof CodeAttribute code) {
                visitor.visit(
                        model.thisClass().name().stringValue()
                                + "."
                                + method.methodName().stringValue(),
                        code.codeLength());
            }
        }
    }
}
