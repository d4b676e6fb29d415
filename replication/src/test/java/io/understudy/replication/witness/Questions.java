package io.understudy.replication.witness;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Asks and waits for the answer, which comes at the client's deadline at the latest. */
public final class Questions {
    private Questions() {}

    public static WitnessAnswer ask(WitnessClient client, RegisterRequest request)
            throws Exception {
        CompletableFuture<WitnessAnswer> answer = new CompletableFuture<>();
        client.ask(request, answer::complete);
        return answer.get(2, TimeUnit.MINUTES);
    }
}
