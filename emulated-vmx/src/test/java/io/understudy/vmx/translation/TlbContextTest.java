package io.understudy.vmx.translation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The size of a TLB follows how much is filled between flushes. */
final class TlbContextTest {
    private static final long FRAME = 0x5000;

    @Test
    void growsAtTheFlushAfterManyFillsAndShrinksAfterManySparseOnes() {
        try (TlbContext c = new TlbContext()) {
            long smallest = c.tlb().offsetMask();
            fill(c, TlbContext.ENTRIES_MIN);
            c.flush();
            assertThat(c.tlb().offsetMask()).isEqualTo(smallest);

            fill(c, 2 * TlbContext.ENTRIES_MIN + 1);
            assertThat(c.tlb().offsetMask()).as("only a flush resizes").isEqualTo(smallest);
            assertThat(c.lookup(0)).as("evicted by a page of the same slot").isZero();
            c.flush();
            assertThat(c.tlb().offsetMask()).isGreaterThan(smallest);
            assertThat(c.lookup(0x1000)).isZero();

            fill(c, 2 * TlbContext.ENTRIES_MIN);
            assertThat(c.lookup(0)).isNotZero();
            for (int i = 0; i < 200; i++) {
                c.flush();
            }
            assertThat(c.tlb().offsetMask()).isEqualTo(smallest);
            fill(c, 1);
            assertThat(c.lookup(0)).isNotZero();
        }
    }

    private static void fill(TlbContext c, int pages) {
        for (long p = 0; p < pages; p++) {
            c.fill(p << 12, FRAME | PageWalker.RAM | PageWalker.READ, 0, false);
        }
    }
}
