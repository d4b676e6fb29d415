package io.understudy.hypervisor.guard;

/** Hears of every event, on the machine's thread, while the guest stands still. */
public interface GuardListener {
    void happened(GuardEvent event);
}
