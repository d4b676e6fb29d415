package io.understudy.it.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import java.io.IOException;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.CodeAttribute;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * HotSpot never compiles a method of 8,000 bytes of bytecode or more (its flag {@code
 * DontCompileHugeMethods}): one such method in the processor, and it runs interpreted for ever.
 */
class MethodSizeTest {
    private static final int BYTES_LIMIT = 8_000;

    @Test
    void everyMethodOfTheProcessorCanBeCompiled() throws IOException {
        List<String> tooLong = new ArrayList<>();
        int methods = 0;
        for (JavaClass javaClass : OurClasses.load()) {
            if (!javaClass.getPackageName().startsWith("io.understudy.vmx")) {
                continue;
            }
            for (MethodModel method : OurClasses.classFile(javaClass).methods()) {
                Optional<CodeAttribute> code =
                        method.findAttribute(java.lang.classfile.Attributes.code());
                if (code.isEmpty()) {
                    continue;
                }
                methods++;
                boolean isInitialiser = method.methodName().equalsString("<clinit>");
                if (code.get().codeLength() >= BYTES_LIMIT && !isInitialiser) {
                    tooLong.add(
                            javaClass.getName()
                                    + "."
                                    + method.methodName().stringValue()
                                    + ": "
                                    + code.get().codeLength()
                                    + " bytes");
                }
            }
        }
        assertThat(methods).as("methods looked at").isGreaterThan(100);
        assertThat(tooLong).isEmpty();
    }
}
