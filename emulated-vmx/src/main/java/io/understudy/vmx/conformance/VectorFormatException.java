package io.understudy.vmx.conformance;

import java.io.IOException;
import java.nio.file.Path;

/** A vector file that is not one; the message names file, line and what is wrong. */
public final class VectorFormatException extends IOException {
    private static final long serialVersionUID = 1L;

    VectorFormatException(Path file, int line, String problem) {
        super(file + ":" + line + ": " + problem);
    }
}
