package io.understudy.drills.simulation;

import io.understudy.drills.simulation.Coverage.Kind;
import io.understudy.replication.console.ConsoleKeyboard;
import io.understudy.replication.console.ConsoleMerge;
import io.understudy.replication.console.ConsoleSink;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Somebody at the console, attached to every node: listens through the production merge, types
 * through the production keyboard, and keeps a transcript of both. The production console service
 * is made of threads and gRPC; its part, which bytes to send to whom, is done here.
 */
final class SimulatedClient implements ConsoleSink, SimulatedStream.End {
    private static final int CHUNK_BYTES = 512;
    private static final int TYPED_MAX = 4;

    /** A connection to one life of one node. */
    private static final class Attachment {
        final SimulatedStream stream;
        final int life;
        long nextOffset;
        long saidCommitted = -1;
        long saidWanted = -1;

        Attachment(SimulatedStream stream, int life, long nextOffset) {
            this.stream = stream;
            this.life = life;
            this.nextOffset = nextOffset;
        }
    }

    /** The node's end. */
    private record NodeEnd(SimulatedNode node, int life) implements SimulatedStream.End {
        @Override
        public String name() {
            return node.name();
        }

        @Override
        public void deliver(Runnable what) {
            node.deliver(life, what);
        }

        @Override
        public void closed(SimulatedStream stream, String reason) {
            // It writes to nobody from then on.
        }
    }

    private final World world;
    private final ConsoleMerge merge = new ConsoleMerge(0, this);
    private final ConsoleKeyboard keyboard = new ConsoleKeyboard();
    private final History typed = new History();
    private final Map<SimulatedNode, Attachment> attached = new HashMap<>();
    private long sentThrough;
    private @Nullable SimulatedNode speaker;
    private long speakerTerm;

    SimulatedClient(World world) {
        this.world = world;
    }

    /** Bytes that came. */
    int heard() {
        return (int) merge.nextOffset();
    }

    long contradicted() {
        return merge.progress(false).contradicted();
    }

    long missing() {
        return merge.progress(false).missing();
    }

    History typed() {
        return typed;
    }

    /** Input below this is not kept any more. */
    long inputForgotten() {
        return keyboard.committed();
    }

    @Override
    public void bytes(long offset, byte[] bytes) {
        // The merge keeps what is needed to compare.
    }

    @Override
    public String name() {
        return Network.CLIENT;
    }

    @Override
    public void deliver(Runnable what) {
        what.run();
    }

    @Override
    public void closed(SimulatedStream stream, String reason) {
        attached.values().removeIf(each -> each.stream == stream);
    }

    /** What it does now and then. */
    void act() {
        for (SimulatedNode node : world.nodes()) {
            Attachment open = attached.get(node);
            if (open == null && node.isUp() && world.network().isOpen(name(), node.name())) {
                attach(node);
            } else if (open != null) {
                long have = merge.nextOffset();
                open.stream.toBackup(() -> confirmed(node, have));
            }
        }
        int more = world.random().nextInt(TYPED_MAX + 1);
        byte[] bytes = new byte[more];
        world.random().nextBytes(bytes);
        int taken = keyboard.type(bytes);
        for (int i = 0; i < taken; i++) {
            typed.say(bytes[i]);
        }
        sendTyped();
    }

    private void attach(SimulatedNode node) {
        SimulatedStream stream = new SimulatedStream(world, this, new NodeEnd(node, node.life()));
        long have = merge.nextOffset();
        stream.toBackup(() -> {
            boolean forgets = world.isPlanted(SimulationPlant.FORGET_UNCONFIRMED);
            long from = forgets ? node.machine().console().releasedOffset() : have;
            attached.put(node, new Attachment(stream, node.life(), from));
        });
    }

    private static void confirmed(SimulatedNode node, long offset) {
        if (node.isLive()) {
            node.machine().console().confirm(offset);
        }
    }

    void nodeGone(SimulatedNode node) {
        Attachment gone = attached.remove(node);
        if (gone != null) {
            gone.stream.breakNow("the node is gone");
        }
    }

    /** Of a node that runs the machine: what it has let out and this client does not have. */
    void serve(SimulatedNode node, long term) {
        Attachment open = attached.get(node);
        if (open == null || open.life != node.life()) {
            return;
        }
        sayInput(node, open, term);
        byte[] chunk = new byte[CHUNK_BYTES];
        int length = node.machine().console().read(open.nextOffset, chunk);
        if (length < 0) {
            open.nextOffset = node.machine().console().retainedOffset();
        }
        if (length > 0) {
            byte[] bytes = Arrays.copyOf(chunk, length);
            long offset = open.nextOffset;
            open.nextOffset += length;
            open.stream.toPrimary(() -> heard(node, term, offset, bytes));
        }
    }

    private void sayInput(SimulatedNode node, Attachment open, long term) {
        long committed = node.machine().input().committedOffset();
        long wanted = node.machine().input().arrivedOffset();
        if (committed != open.saidCommitted || wanted != open.saidWanted) {
            open.saidCommitted = committed;
            open.saidWanted = wanted;
            open.stream.toPrimary(() -> heardInput(node, term, committed, wanted));
        }
    }

    private void heard(SimulatedNode from, long term, long offset, byte[] bytes) {
        if (offset < merge.nextOffset()) {
            world.count(Kind.OUTPUT_OFFERED_AGAIN);
        }
        merge.offer(from.name(), term, offset, bytes);
        world.checkers().clientHeard(this);
    }

    private void heardInput(SimulatedNode from, long term, long committed, long wanted) {
        keyboard.heard(term, committed, wanted);
        if (term >= speakerTerm) {
            speakerTerm = term;
            speaker = from;
        }
        sendTyped();
    }

    private void sendTyped() {
        SimulatedNode to = speaker;
        Attachment open = to == null ? null : attached.get(to);
        if (to == null || open == null) {
            return;
        }
        ConsoleKeyboard.Chunk chunk = keyboard.take(CHUNK_BYTES);
        if (chunk.bytes().length > 0) {
            if (chunk.offset() < sentThrough) {
                world.count(Kind.INPUT_SENT_AGAIN);
            }
            sentThrough = Math.max(sentThrough, chunk.offset() + chunk.bytes().length);
            open.stream.toBackup(() -> typedArrives(to, chunk));
        }
    }

    private static void typedArrives(SimulatedNode at, ConsoleKeyboard.Chunk chunk) {
        if (at.isLive()) {
            at.machine().input().arrive(chunk.offset(), chunk.bytes(), 0, chunk.bytes().length);
        }
    }
}
