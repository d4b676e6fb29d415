package io.understudy.replication;

/** Why a node, a witness or a console client cannot start. The message says what to do about it. */
public final class ReplicationException extends Exception {
    private static final long serialVersionUID = 1L;

    /** What a program can tell apart. */
    public enum Kind {
        /** Somebody listens on the address already. */
        ADDRESS_IN_USE,
        /** The address does not belong to this host, or its name does not resolve. */
        ADDRESS_UNUSABLE,
        /** The register file was not initialised, exists when it should not, or is damaged. */
        REGISTER_FILE
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
