package io.understudy.it.architecture;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;

/** Every class of the product, as compiled; tests and benchmarks are not among them. */
final class OurClasses {
    private OurClasses() {}

    static JavaClasses load() {
        return new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("io.understudy");
    }

    /** The class file behind a class. */
    static ClassModel classFile(JavaClass javaClass) throws IOException {
        String resource = "/" + javaClass.getName().replace('.', '/') + ".class";
        try (InputStream in = OurClasses.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IOException("no class file for " + javaClass.getName());
            }
            return ClassFile.of().parse(in.readAllBytes());
        }
    }
}
