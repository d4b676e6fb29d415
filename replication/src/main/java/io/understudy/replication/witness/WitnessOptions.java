package io.understudy.replication.witness;

import java.net.InetSocketAddress;
import java.nio.file.Path;

/**
 * @param listen where nodes ask; port 0 lets the system choose
 * @param file the register's file; its folder must exist
 * @param initialise makes the file, which must not exist yet. Without it the file must exist: a
 *     witness never makes up a register that was lost
 */
public record WitnessOptions(InetSocketAddress listen, Path file, boolean initialise) {}
