package io.understudy.cli;

import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns what went wrong into one sentence on standard error and an exit status. */
final class Failures {
    private Failures() {}

    /** The command line could not be understood. */
    static int usage(ParameterException e, String[] arguments) {
        CommandLine command = e.getCommandLine();
        PrintWriter err = command.getErr();
        String name = command.getCommandSpec().qualifiedName();
        String problem = String.valueOf(e.getMessage()).lines().findFirst().orElse("bad usage");
        if (e instanceof UnmatchedArgumentException unmatched) {
            problem = "unknown argument '" + unmatched.getUnmatched().getFirst() + "'";
        }
        err.println(name + ": " + decapitalised(problem) + "; see '" + name + " --help'");
        return ExitStatus.USAGE;
    }

    /** The command threw. */
    static int execution(Exception e, CommandLine command, ParseResult parsed) {
        PrintWriter err = command.getErr();
        String name = command.getCommandSpec().qualifiedName();
        if (e instanceof CommandFailure failure) {
            err.println(name + ": " + failure.sentence());
            return failure.exitStatus();
        }
        err.println(name + ": internal error, please report it with the lines below: " + e);
        e.printStackTrace(err);
        return ExitStatus.FAILED;
    }

    private static String decapitalised(String sentence) {
        boolean isWord = sentence.length() > 1 && Character.isLowerCase(sentence.charAt(1));
        return isWord
                ? Character.toLowerCase(sentence.charAt(0)) + sentence.substring(1)
                : sentence;
    }
}
