package io.understudy.cli.command;

import io.understudy.cli.Main;
import io.understudy.drills.process.ChildCommand;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How this program starts itself again: the same Java, the same class path. */
final class Children {
    /** The launcher asks for them where the kernel has them. */
    private static final String HUGE_PAGES = "-XX:+UseTransparentHugePages";

    private Children() {}

    static ChildCommand command() {
        String classPath = System.getProperty("java.class.path");
        List<String> options =
                new ArrayList<>(
                        List.of(
                                "--enable-native-access=ALL-UNNAMED",
                                "--sun-misc-unsafe-memory-access=allow"));
        if (ManagementFactory.getRuntimeMXBean().getInputArguments().contains(HUGE_PAGES)) {
            options.add(HUGE_PAGES);
        }
        Path cache = Path.of(classPath).resolveSibling("understudy.aot");
        // The launcher hands the cache to us if it is good; what is good here is good there.
        if (Boolean.getBoolean("understudy.hasStartUpCache") && Files.exists(cache)) {
            options.add("-XX:AOTCache=" + cache);
        }
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        return new ChildCommand(java.toString(), options, classPath, Main.class.getName());
    }
}
