package io.understudy.hypervisor;

import io.understudy.hypervisor.pager.SwapStore;
import java.io.IOException;
import java.nio.file.Path;

/** Makes a machine's swap file. */
interface SwapOpener {
    SwapStore open(Path path) throws IOException;
}
