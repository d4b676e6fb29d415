package io.understudy.replication;

/**
 * Why a node or a witness cannot start, or why what arrived from the network is not what the
 * protocol says. The message is one sentence that says what and where.
 */
public final class ReplicationException extends Exception {
    private static final long serialVersionUID = 1L;

    /** What a program can tell apart. */
    public enum Kind {
        /** Somebody listens on the address already. */
        ADDRESS_IN_USE,
        /** The address does not belong to this host, or its name does not resolve. */
        ADDRESS_UNUSABLE,
        /** The register file was not initialised, exists when it should not, or is damaged. */
        REGISTER_FILE,
        /** Peers that cannot make up one witness. */
        WITNESS_PEERS,
        /** A message that breaks its format. */
        MALFORMED_MESSAGE,
        /** Nobody answers there, or not in time. */
        UNREACHABLE
    }

    private final Kind kind;

    public ReplicationException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public ReplicationException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
