package io.understudy.drills.process;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How this program is started again as a child.
 *
 * @param java path of the {@code java} launcher
 * @param jvmOptions options of every child JVM
 * @param classPath class path of every child
 * @param mainClass the program's main class
 */
public record ChildCommand(
        String java, List<String> jvmOptions, String classPath, String mainClass) {
    /**
     * Ctrl-C goes to the whole foreground process group. The child must survive it, because the
     * parent ends the roles in order; an ignored signal stays ignored across {@code exec}, and the
     * PID stays that of the shell.
     */
    private static final String IGNORE_INTERRUPT = "trap '' INT; exec \"$@\"";

    public ChildCommand {
        jvmOptions = List.copyOf(jvmOptions);
    }

    /**
     * The same with files that a child unpacks for itself kept in {@code directory}: a child that
     * is killed cannot clear up, whoever removes the directory does.
     */
    ChildCommand withTemporaryFilesIn(Path directory) {
        List<String> options = new ArrayList<>(jvmOptions);
        options.add("-Djava.io.tmpdir=" + directory);
        return new ChildCommand(java, options, classPath, mainClass);
    }

    /** The command line of a child that is given {@code arguments}. */
    List<String> commandLine(List<String> moreJvmOptions, List<String> arguments) {
        List<String> line = new ArrayList<>();
        line.addAll(List.of("/bin/sh", "-c", IGNORE_INTERRUPT, "understudy", java));
        line.addAll(jvmOptions);
        line.addAll(moreJvmOptions);
        line.addAll(List.of("-cp", classPath, mainClass));
        line.addAll(arguments);
        return line;
    }
}
