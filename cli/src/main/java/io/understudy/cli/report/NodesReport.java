package io.understudy.cli.report;

import io.understudy.replication.NodeClient.NodeAnswer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What several nodes said of themselves, as a table and as JSON. */
public final class NodesReport {
    private static final int SCHEMA_VERSION = 1;

    /** One node; everything but the address and the reason is null if it did not answer. */
    private record Node(
            String address,
            boolean isAnswering,
            @Nullable String reason,
            @Nullable String incarnation,
            @Nullable String state,
            @Nullable String detail,
            @Nullable String lineage,
            @Nullable Long term,
            @Nullable Long epoch,
            @Nullable Long committedEpoch,
            @Nullable Long guestInstructions,
            @Nullable Long outputReleased) {}

    private record Document(int schemaVersion, List<Node> nodes) {}

    private final List<Node> nodes = new ArrayList<>();

    /**
     * @param address as the user wrote it
     */
    public void add(String address, NodeAnswer answer) {
        nodes.add(
                new Node(
                        address,
                        true,
                        null,
                        answer.incarnation().toString(),
                        answer.state(),
                        answer.detail(),
                        answer.lineage().map(UUID::toString).orElse(null),
                        answer.term(),
                        answer.epoch(),
                        answer.committedEpoch(),
                        answer.guestInstructions(),
                        answer.outputReleased()));
    }

    public void addSilent(String address, String reason) {
        nodes.add(
                new Node(
                        address, false, reason, null, null, null, null, null, null, null, null,
                        null));
    }

    /** One line a node, and below it why it is in its state, where there is something to say. */
    public String toText() {
        TextTable table =
                new TextTable().row("node", "state", "term", "epoch", "committed", "bytes out");
        for (Node node : nodes) {
            if (node.isAnswering()) {
                table.row(
                        node.address(),
                        String.valueOf(node.state()),
                        String.valueOf(node.term()),
                        String.valueOf(node.epoch()),
                        String.valueOf(node.committedEpoch()),
                        String.valueOf(node.outputReleased()));
            } else {
                table.row(node.address(), "no answer", "", "", "", "");
            }
        }
        List<String> lines = table.lines();
        StringBuilder text = new StringBuilder(lines.getFirst()).append(System.lineSeparator());
        for (int i = 0; i < nodes.size(); i++) {
            String detail = nodes.get(i).detail();
            text.append(lines.get(i + 1)).append(System.lineSeparator());
            if (detail != null && !detail.isEmpty()) {
                text.append("    ").append(detail).append(System.lineSeparator());
            }
        }
        return text.toString();
    }

    public Object toJson() {
        return new Document(SCHEMA_VERSION, List.copyOf(nodes));
    }
}
