package io.understudy.drills.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.apply.StandbyImage;
import io.understudy.checkpoint.apply.StandbyPolicy;
import io.understudy.checkpoint.capture.CaptureOptions;
import io.understudy.checkpoint.capture.CapturePolicy;
import io.understudy.checkpoint.capture.CaptureResult;
import io.understudy.checkpoint.capture.CapturedCheckpoint;
import io.understudy.checkpoint.capture.CheckpointCapture;
import io.understudy.checkpoint.encoding.CheckpointEncoder;
import io.understudy.checkpoint.encoding.EncoderOptions;
import io.understudy.checkpoint.encoding.EncoderPolicy;
import io.understudy.drills.checker.LadderChecker;
import io.understudy.hypervisor.BuiltInGuest;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.DirtyLogPlant;
import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.RunMode;
import io.understudy.hypervisor.SystemHostClock;
import io.understudy.hypervisor.VirtualMachine;
import io.understudy.hypervisor.VirtualMachineConfig;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * One pair from the guest's boot to the death of its primary at a random epoch. The guest runs on
 * while its checkpoints are encoded; checkpoints are aborted and sessions begun anew on the way;
 * the last stream breaks off at a random message. Then the survivor must be
 *
 * <ul>
 *   <li>the newest epoch that it had acknowledged, and the guest without any protection at that
 *       instruction, by state digest,
 *   <li>one moment, by {@link LadderChecker},
 *   <li>and so in the future.
 * </ul>
 */
final class KilledRun implements AutoCloseable {
    /** What is broken on purpose. */
    record Plants(CapturePolicy capture, EncoderPolicy encoder, DirtyLogPlant dirtyLog) {
        static final Plants NONE =
                new Plants(CapturePolicy.SAFE, EncoderPolicy.SAFE, DirtyLogPlant.NONE);
    }

    private static final long MEMORY_BYTES = 8 << 20;
    private static final int RANGE_PAGES_MIN = 16;
    private static final int RANGE_PAGES_MAX = 600;
    private static final int EPOCHS_MIN = 6;
    private static final int EPOCHS_MAX = 24;
    private static final int SHORT_INSTRUCTIONS_MAX = 2_000;
    private static final int LONG_INSTRUCTIONS_MAX = 60_000;
    private static final long FUTURE_INSTRUCTIONS = 100_000;

    private final SplittableRandom random;
    private final VirtualMachineConfig config;
    private final long digestKey;
    private final VirtualMachine primary;
    private final VirtualMachine backup;
    private final CheckpointCapture capture;
    private final CheckpointEncoder encoder;
    private final StandbyImage image;
    private final ExecutorService encoding = Executors.newSingleThreadExecutor();
    private final ArrayDeque<Flight> flights = new ArrayDeque<>();
    private final String what;
    private long epoch;
    private int aborts;
    private int restarts;

    KilledRun(long seed, Combination combination, Plants plants) throws Exception {
        random = new SplittableRandom(seed);
        what = "seed %d: %s".formatted(seed, combination);
        digestKey = random.nextLong();
        long range = random.nextInt(RANGE_PAGES_MIN, RANGE_PAGES_MAX) * 4096L;
        config =
                VirtualMachineConfig.of(MEMORY_BYTES)
                        .withRunMode(RunMode.FREE)
                        .withParameters(Map.of("range", range, "writes-per-second", 0L));
        SystemHostClock clock = new SystemHostClock();
        VirtualMachineConfig logged =
                config.withDirtyLog(combination.dirtyLog()).withPlant(plants.dirtyLog());
        primary = boot(logged);
        backup = VirtualMachine.standby(logged, clock);
        CaptureOptions options =
                new CaptureOptions(
                        4 * CaptureOptions.stagingFor(primary.layout()),
                        combination.depth(),
                        random.nextInt(100, 500),
                        1000,
                        combination.copyMethod());
        capture = new CheckpointCapture(primary, options, plants.capture(), clock::nowNs);
        EncoderOptions encoderOptions =
                EncoderOptions.DEFAULT
                        .withBatches(EncoderOptions.BATCH_BYTES_MIN, 8)
                        .withMode(combination.encoding())
                        .withWorkers(combination.workers())
                        .withReferencePagesMax(random.nextInt(0, 1000));
        encoder =
                new CheckpointEncoder(
                        primary.layout(), encoderOptions, plants.encoder(), clock::nowNs);
        image = new StandbyImage(backup, options.stagingPagesMax(), StandbyPolicy.SAFE);
    }

    /** Epochs that were aborted or whose session was given up. */
    int failures() {
        return aborts + restarts;
    }

    long epochs() {
        return epoch;
    }

    void play() throws Exception {
        startSession();
        int killedAt = random.nextInt(EPOCHS_MIN, EPOCHS_MAX);
        for (int i = 0; i < killedAt || !image.isComplete(); i++) {
            step();
        }
        for (int i = random.nextInt(flights.size() + 1); i > 0; i--) {
            receiveOldest();
        }
        Flight cut = flights.pollFirst();
        if (cut != null) {
            Invariant.present(cut.encoded(), "nobody aborted it");
            cut.arriveInPart(image, random.nextInt(cut.messages() + 1));
        }
        checkSurvivor();
    }

    private void step() throws Exception {
        boolean isShort = random.nextBoolean();
        int most = isShort ? SHORT_INSTRUCTIONS_MAX : LONG_INSTRUCTIONS_MAX;
        runTo(primary, primary.instructions() + 1 + random.nextInt(most));
        while (!capture.hasRoom()) {
            receiveOldest();
        }
        capture.auditNext(digestKey);
        CaptureResult result = capture.capture(++epoch, System.nanoTime());
        assertThat(result).as(what).isInstanceOf(CaptureResult.Captured.class);
        CapturedCheckpoint checkpoint = ((CaptureResult.Captured) result).checkpoint();
        flights.addLast(new Flight(checkpoint, encoder, encoding));
        switch (random.nextInt(16)) {
            case 0 -> abortFromRandom();
            case 1 -> {
                abortAll();
                startSession();
                restarts++;
            }
            case 2, 3, 4, 5, 6, 7 -> receiveOldest();
            default -> {}
        }
    }

    private void startSession() {
        capture.startFullCopy();
        encoder.startSession(digestKey);
        image.startSession(digestKey);
    }

    private void receiveOldest() throws Exception {
        Flight oldest = flights.removeFirst();
        oldest.arrive(image);
        oldest.checkpoint.commit();
    }

    /** Gives up one checkpoint in flight and every later one; the session goes on. */
    private void abortFromRandom() throws Exception {
        int kept = random.nextInt(flights.size());
        Flight first = flights.stream().skip(kept).findFirst().orElseThrow();
        first.checkpoint.abort();
        while (flights.size() > kept) {
            awaitEnd(flights.removeLast());
            aborts++;
        }
    }

    private void abortAll() throws Exception {
        Flight oldest = flights.peekFirst();
        if (oldest != null) {
            oldest.checkpoint.abort();
        }
        while (!flights.isEmpty()) {
            awaitEnd(flights.removeLast());
        }
    }

    /** Only the encoder's thread may still look at it; that may find out about the abort late. */
    private static void awaitEnd(Flight aborted) throws Exception {
        var _ = aborted.encoded();
    }

    private void checkSurvivor() throws Exception {
        assertThat(image.audit()).as(what).isEqualTo(image.digest());
        image.promote();
        assertThat(LadderChecker.check(backup.memory())).as(what).isEmpty();
        long future = backup.instructions() + FUTURE_INSTRUCTIONS;
        try (VirtualMachine unprotected = boot(config.withDirtyLog(DirtyLogMode.NONE))) {
            runTo(unprotected, backup.instructions());
            assertThat(backup.stateDigest()).as(what).isEqualTo(unprotected.stateDigest());
            runTo(unprotected, future);
            runTo(backup, future);
            assertThat(backup.stateDigest())
                    .as("%s, later", what)
                    .isEqualTo(unprotected.stateDigest());
            assertThat(LadderChecker.check(backup.memory())).as("%s, later", what).isEmpty();
        }
    }

    private static VirtualMachine boot(VirtualMachineConfig config) throws Exception {
        GuestImage ladder = GuestImage.builtIn(BuiltInGuest.LADDER.guestName());
        return VirtualMachine.boot(config, ladder, new SystemHostClock());
    }

    /** Output has no reader here and must not end a run. */
    private static void runTo(VirtualMachine machine, long instruction) {
        while (machine.instructions() < instruction) {
            machine.run(instruction, Long.MAX_VALUE);
            machine.output().release(machine.output().writtenOffset());
        }
    }

    @Override
    public void close() {
        encoding.close();
        capture.close();
        encoder.close();
        image.close();
        primary.close();
        backup.close();
    }
}
