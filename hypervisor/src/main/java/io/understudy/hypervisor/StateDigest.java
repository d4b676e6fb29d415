package io.understudy.hypervisor;

import io.understudy.checkpoint.StateComponent;
import io.understudy.checkpoint.StateWriter;
import io.understudy.checkpoint.digest.Digest;
import io.understudy.checkpoint.digest.EpochDigest;
import io.understudy.checkpoint.digest.ImageAudit;
import io.understudy.checkpoint.digest.PageHasher;
import io.understudy.checkpoint.output.ConsoleLog;
import io.understudy.checkpoint.state.MachineState;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Digest of everything about a machine that its guest could tell: CPU and devices, every page,
 * every byte of output so far. Two runs of the same guest agree at the same instruction, whatever
 * the dirty log, the exits in between, or the host that runs it. Cost: one read of all memory.
 *
 * @param instruction instructions retired since the machine's birth
 */
public record StateDigest(long instruction, Digest value) {
    /** Digests are compared across machines, so they share a key. */
    private static final long KEY = 0x7564_6967_6573_7431L;

    static StateDigest of(
            VirtualMachine machine, List<StateComponent> machineComponents, ConsoleLog console) {
        Digest memory = ImageAudit.digest(machine.layout().regions(), machine.memory(), KEY);
        StateWriter out = new StateWriter();
        MachineState.save(machineComponents, out);
        out.u64(memory.high()).u64(memory.low());
        out.u64(console.writtenOffset()).u64(console.writtenHash());
        ByteBuffer bytes = ByteBuffer.allocateDirect(out.size());
        bytes.put(out.toByteArray()).flip();
        Digest value = new EpochDigest(new PageHasher(KEY)).ofState(bytes);
        return new StateDigest(machine.instructions(), value);
    }
}
