package io.understudy.hypervisor;

/** A host clock that only moves when it is looked at or waited for. */
final class FakeHostClock implements HostClock {
    private static final long LOOK_NS = 1_000;

    private long nowNs;

    @Override
    public long nowNs() {
        nowNs += LOOK_NS;
        return nowNs;
    }

    @Override
    public void parkUntil(long hostNs) {
        nowNs = Math.max(nowNs, hostNs);
    }
}
