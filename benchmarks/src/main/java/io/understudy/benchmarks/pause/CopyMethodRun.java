package io.understudy.benchmarks.pause;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.capture.CaptureOptions;
import io.understudy.checkpoint.capture.CapturePolicy;
import io.understudy.checkpoint.capture.CaptureResult;
import io.understudy.checkpoint.capture.CapturedCheckpoint;
import io.understudy.checkpoint.capture.CheckpointCapture;
import io.understudy.checkpoint.capture.CopyMethod;
import io.understudy.checkpoint.encoding.Batch;
import io.understudy.checkpoint.encoding.BatchSink;
import io.understudy.checkpoint.encoding.CheckpointEncoder;
import io.understudy.checkpoint.encoding.EncoderOptions;
import io.understudy.checkpoint.encoding.EncoderPolicy;
import io.understudy.checkpoint.encoding.EpochHeader;
import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.StateDigest;
import io.understudy.hypervisor.SystemHostClock;
import io.understudy.hypervisor.VirtualMachine;
import io.understudy.hypervisor.VirtualMachineConfig;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/**
 * A guest whose checkpoints are taken under one copy method, in CPU time of the one thread that
 * does everything. The encoder comes when the guest has run half of the next epoch: until then the
 * guest pays for whatever it writes again.
 */
final class CopyMethodRun implements AutoCloseable {
    /** Times of one epoch, and how many pages its checkpoint has. */
    record Epoch(long pauseCpuNs, long guestCpuNs, long encodeCpuNs, long pages) {}

    private static final class Nowhere implements BatchSink {
        @Override
        public boolean begin(EpochHeader header) {
            return true;
        }

        @Override
        public boolean accept(Batch batch) {
            batch.release();
            return true;
        }
    }

    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    private final VirtualMachine machine;
    private final CheckpointCapture capture;
    private final CheckpointEncoder encoder;
    private final long instructionsPerEpoch;
    private long epoch;

    CopyMethodRun(
            VirtualMachineConfig config, String guest, CopyMethod method, long instructionsPerEpoch)
            throws MachineSetupException {
        this.instructionsPerEpoch = instructionsPerEpoch;
        machine = VirtualMachine.boot(config, GuestImage.builtIn(guest), new SystemHostClock());
        capture =
                new CheckpointCapture(
                        machine,
                        CaptureOptions.forMachine(machine.layout()).withCopyMethod(method),
                        CapturePolicy.SAFE,
                        System::nanoTime);
        encoder =
                new CheckpointEncoder(
                        machine.layout(),
                        EncoderOptions.DEFAULT,
                        EncoderPolicy.SAFE,
                        System::nanoTime);
        capture.startFullCopy();
        encoder.startSession(1);
    }

    boolean isCopying() {
        return capture.isCopying();
    }

    StateDigest stateDigest() {
        return machine.stateDigest();
    }

    /** Pauses, takes a checkpoint, and runs the epoch after it. */
    Epoch next() {
        long start = machine.instructions();
        long began = cpuNs();
        CaptureResult result = capture.capture(++epoch, System.nanoTime());
        long paused = cpuNs();
        if (!(result instanceof CaptureResult.Captured(CapturedCheckpoint checkpoint))) {
            throw new IllegalStateException("an epoch could not be captured: " + result);
        }
        runTo(start + instructionsPerEpoch / 2);
        long half = cpuNs();
        encode(checkpoint);
        long encoded = cpuNs();
        long pages = checkpoint.pageCount();
        checkpoint.commit();
        long rest = cpuNs();
        runTo(start + instructionsPerEpoch);
        long guestNs = half - paused + cpuNs() - rest;
        return new Epoch(paused - began, guestNs, encoded - half, pages);
    }

    @Override
    public void close() {
        capture.close();
        encoder.close();
        machine.close();
    }

    private void encode(CapturedCheckpoint checkpoint) {
        try {
            if (encoder.encode(checkpoint, new Nowhere()) == null) {
                throw new IllegalStateException("a checkpoint that nobody aborts was aborted");
            }
        } catch (CorruptStateException e) {
            throw new IllegalStateException("a machine saved a state that is none", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while a checkpoint was encoded", e);
        }
    }

    /** Output is let out at once: nobody waits for anybody here. */
    private void runTo(long instruction) {
        while (machine.instructions() < instruction) {
            machine.run(instruction, Long.MAX_VALUE);
            machine.output().release(machine.output().writtenOffset());
        }
    }

    private long cpuNs() {
        return threads.getCurrentThreadCpuTime();
    }
}
