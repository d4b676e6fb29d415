package io.understudy.drills.guarding;

import com.google.protobuf.ByteString;
import io.understudy.hypervisor.guard.DescriptorChange;
import io.understudy.hypervisor.guard.GuardEvent;
import io.understudy.hypervisor.guard.GuardedTable;
import io.understudy.proto.v1.GuardNotice;
import io.understudy.proto.v1.GuardedDescriptor;
import io.understudy.replication.guard.GuardEventServer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Events of the guard as messages of its stream. */
public final class GuardNotices {
    private GuardNotices() {}

    /** Hands an event on to everybody who watches. */
    public static void publish(GuardEvent event, GuardEventServer server) {
        server.publish(of(event));
    }

    static GuardNotice of(GuardEvent event) {
        GuardNotice.Builder notice =
                GuardNotice.newBuilder()
                        .setNumber(event.number())
                        .setVirtualNs(event.virtualNs())
                        .setInstruction(event.instruction())
                        .setVcpu(event.vcpu())
                        .setRip(event.rip())
                        .setKind(event.kind().key())
                        .setOperand(event.operand())
                        .setBefore(event.before())
                        .setAfter(event.after())
                        .setVerdict(event.verdict().key())
                        .setReason(event.reason())
                        .setAction(event.action().key())
                        .setSinceVirtualNs(event.sinceVirtualNs());
        if (event.linear() != GuardEvent.NO_ADDRESS) {
            notice.setLinearAddress(event.linear());
        }
        for (DescriptorChange change : event.changes()) {
            notice.addChanges(
                    GuardedDescriptor.newBuilder()
                            .setTable(change.table().key())
                            .setIndex(change.index())
                            .setOldContent(bytes(change.table(), change.oldLow(), change.oldHigh()))
                            .setNewContent(bytes(change.table(), change.newLow(), change.newHigh()))
                            .setOldText(change.oldText())
                            .setNewText(change.newText()));
        }
        return notice.build();
    }

    private static ByteString bytes(GuardedTable table, long low, long high) {
        ByteBuffer buffer = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        buffer.putLong(low).putLong(high);
        return ByteString.copyFrom(buffer.array(), 0, table.entryBytes());
    }
}
