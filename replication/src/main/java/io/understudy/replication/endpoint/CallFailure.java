package io.understudy.replication.endpoint;

import io.grpc.Status;

/** Why a gRPC call failed, in words that say what to look at. */
public final class CallFailure {
    private CallFailure() {}

    /** One clause without a full stop, to follow the name of the other side. */
    public static String clause(Throwable failure) {
        Status status = Status.fromThrowable(failure);
        return switch (status.getCode()) {
            case DEADLINE_EXCEEDED -> "no answer in time";
            case UNAVAILABLE -> rootCause(status);
            case UNIMPLEMENTED -> "listens, but is no such service of this product";
            default -> described(status);
        };
    }

    private static String rootCause(Status status) {
        Throwable cause = status.getCause();
        while (cause != null && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause == null || cause.getMessage() == null
                ? described(status)
                : String.valueOf(cause.getMessage());
    }

    private static String described(Status status) {
        String description = status.getDescription();
        return description == null ? status.getCode().name() : description;
    }
}
