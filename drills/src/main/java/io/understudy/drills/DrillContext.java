package io.understudy.drills;

import io.understudy.drills.process.ChildCommand;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What a drill is given.
 *
 * @param command how the roles are started
 * @param seed of every random choice
 * @param plant a fault to build in, which the drill must then report as broken
 * @param directory an empty folder of this rehearsal
 * @param progress hears what happens, one line at a time, from any thread
 */
public record DrillContext(
        ChildCommand command,
        long seed,
        Optional<Plant> plant,
        Path directory,
        Consumer<String> progress) {}
