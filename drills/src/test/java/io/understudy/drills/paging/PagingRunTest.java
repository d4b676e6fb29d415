package io.understudy.drills.paging;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.hypervisor.BuiltInGuest;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.HostClock;
import io.understudy.hypervisor.VirtualMachineConfig;
import io.understudy.hypervisor.paging.PagingCounters;
import io.understudy.hypervisor.paging.VictimPolicyName;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The comparison of paged machines with one that has all in memory. */
class PagingRunTest {
    private static final long MEMORY = 16 << 20;
    private static final long RESIDENT_PAGES = 1024;
    private static final long END = 2_000_000;

    /** Time passes by looking at it: deadlines come wherever the run loop looks. */
    private static final class SteppingClock implements HostClock {
        private final long stepNs;
        private long nowNs;

        SteppingClock(long stepNs) {
            this.stepNs = stepNs;
        }

        @Override
        public long nowNs() {
            nowNs += stepNs;
            return nowNs;
        }

        @Override
        public void parkUntil(long hostNs) {
            nowNs = Math.max(nowNs, hostNs);
        }
    }

    /** A turn that ended behind idle time once made states differ that were the same. */
    @ParameterizedTest
    @CsvSource({"COUNTER, 3000000", "COUNTER, 7000000", "KV, 3000000", "KV, 11000000"})
    void aStopInIdleTimeIsTheSameMomentOnEveryMachine(
            BuiltInGuest guest, long stepNs, @TempDir Path swap) throws Exception {
        PagingResult result = run(guest, stepNs, swap, Long.MAX_VALUE);
        assertThat(result.instructions()).isGreaterThan(10_000);
        assertThat(result.paged()).allSatisfy(m -> assertThat(m.lostPages()).isZero());
        assertThat(result.digestsAgree()).isTrue();
    }

    /** However the turns fall: what is counted depends on the guest alone. */
    @Test
    void anEndByInstructionRepeatsEveryCount(@TempDir Path swap) throws Exception {
        PagingResult one = run(BuiltInGuest.DIRTIER, 3_000_000, swap, END);
        PagingResult other = run(BuiltInGuest.DIRTIER, 11_000_000, swap, END);
        assertThat(one.instructions()).isEqualTo(END);
        assertThat(other.instructions()).isEqualTo(END);
        for (int p = 0; p < one.paged().size(); p++) {
            PagingCounters counters = one.paged().get(p).counters();
            assertThat(counters.pageIns()).isPositive();
            assertThat(other.paged().get(p).counters()).isEqualTo(counters);
        }
    }

    private static PagingResult run(
            BuiltInGuest guest, long stepNs, Path swap, long untilInstruction) throws Exception {
        PagingPlan plan =
                new PagingPlan(
                        VirtualMachineConfig.of(MEMORY).withDirtyLog(DirtyLogMode.NONE),
                        GuestImage.builtIn(guest.guestName()),
                        RESIDENT_PAGES,
                        List.of(VictimPolicyName.AGEING, VictimPolicyName.CLOCK),
                        swap,
                        3_000_000_000L,
                        untilInstruction);
        return PagingRun.run(plan, new SteppingClock(stepNs), () -> false, turn -> {});
    }
}
