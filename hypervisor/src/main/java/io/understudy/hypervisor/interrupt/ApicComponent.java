package io.understudy.hypervisor.interrupt;

import static io.understudy.hypervisor.interrupt.ApicRegister.*;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.StateComponent;
import io.understudy.checkpoint.StateReader;
import io.understudy.checkpoint.StateWriter;
import io.understudy.hypervisor.device.ApicTimer;

/**
 * A local APIC as a state component: the same bytes whatever the processor virtualizes. Requests
 * that wait as arrivals or in the posted-interrupt descriptor are folded into the IRR; RVI and SVI
 * follow from IRR and ISR; PPR is computed. Layout: {@code docs/formats/virtual-local-apic.md}.
 */
final class ApicComponent implements StateComponent {
    private static final int VERSION_1 = 1;
    private static final int WORDS = 4;
    private static final int OTHER_LVTS = LVT_ERROR - VirtualLocalApic.OTHER_LVTS_FIRST + 1;
    private static final int ILLEGAL_VECTORS = 0xffff;

    private final VirtualLocalApic apic;
    private final PostedDescriptor posted;
    private final StartState start;

    /** Whether a vCPU waits to be started. */
    static final class StartState {
        boolean isWaiting;
    }

    ApicComponent(VirtualLocalApic apic, PostedDescriptor posted, StartState start) {
        this.apic = apic;
        this.posted = posted;
        this.start = start;
    }

    @Override
    public String name() {
        return "virtual-lapic" + apic.index();
    }

    @Override
    public int version() {
        return VERSION_1;
    }

    @Override
    public void save(StateWriter out) {
        ApicPage page = apic.page();
        boolean extended = apic.mode() == ApicMode.X2APIC;
        out.u8(extended ? 1 : 0).u8(start.isWaiting ? 1 : 0);
        out.u32(page.get(TPR)).u32(page.get(LDR)).u32(page.get(DFR)).u32(page.get(SVR));
        long high = extended ? page.get64(ICR) >>> 32 : page.get(ICR_HIGH);
        out.u32(page.get(ICR) & (int) VirtualLocalApic.ICR_WRITABLE).u32((int) high);
        for (int i = 0; i < OTHER_LVTS; i++) {
            out.u32(page.get(VirtualLocalApic.OTHER_LVTS_FIRST + i));
        }
        apic.timer().save(out);
        for (int i = 0; i < WORDS; i++) {
            out.u64(apic.bank(ISR, i));
        }
        for (int i = 0; i < WORDS; i++) {
            out.u64(apic.foldedLevels(i));
        }
        for (int i = 0; i < WORDS; i++) {
            out.u64(apic.foldedRequests(i, posted));
        }
    }

    @Override
    public void restore(StateReader in) throws CorruptStateException {
        boolean extended = flag(in, "mode");
        boolean isWaiting = flag(in, "waits for its start");
        if (extended != (apic.mode() == ApicMode.X2APIC)) {
            throw in.corrupt("mode", "is not that of this machine, " + apic.mode().optionName());
        }
        int tpr = bits(in, "TPR", 0xff);
        int ldr = in.u32("LDR");
        int dfr = in.u32("DFR");
        int svr = bits(in, "SVR", VirtualLocalApic.SVR_WRITABLE);
        int icr = bits(in, "ICR", (int) VirtualLocalApic.ICR_WRITABLE);
        int icrHigh = in.u32("ICR, upper half");
        int[] lvts = new int[OTHER_LVTS];
        for (int i = 0; i < OTHER_LVTS; i++) {
            lvts[i] = bits(in, "LVT", VirtualLocalApic.LVT_OTHER_WRITABLE);
        }
        ApicTimer timer = ApicTimer.read(in);
        long[] vectors = new long[3 * WORDS];
        for (int i = 0; i < vectors.length; i++) {
            vectors[i] = in.u64("vectors");
            if (i % WORDS == 0 && (vectors[i] & ILLEGAL_VECTORS) != 0) {
                throw in.corrupt("vectors", "holds one below 16");
            }
        }
        in.end();
        start.isWaiting = isWaiting;
        ApicPage page = apic.page();
        page.set(TPR, tpr);
        page.set(LDR, ldr);
        page.set(DFR, dfr);
        page.set(SVR, svr);
        if (extended) {
            page.set64(ICR, (icr & 0xffff_ffffL) | (long) icrHigh << 32);
        } else {
            page.set(ICR, icr);
            page.set(ICR_HIGH, icrHigh);
        }
        for (int i = 0; i < OTHER_LVTS; i++) {
            page.set(VirtualLocalApic.OTHER_LVTS_FIRST + i, lvts[i]);
        }
        apic.setTimer(timer);
        apic.dropArrivals();
        posted.clear();
        for (int i = 0; i < WORDS; i++) {
            apic.setBank(ISR, i, vectors[i]);
            apic.setBank(TMR, i, vectors[WORDS + i]);
            apic.setBank(IRR, i, vectors[2 * WORDS + i]);
        }
    }

    private static boolean flag(StateReader in, String field) throws CorruptStateException {
        int value = in.u8(field);
        if (value > 1) {
            throw in.corrupt(field, "is %d, not 0 or 1".formatted(value));
        }
        return value == 1;
    }

    private static int bits(StateReader in, String field, int allowed)
            throws CorruptStateException {
        int value = in.u32(field);
        if ((value & ~allowed) != 0) {
            throw in.corrupt(field, "has reserved bits set: %#x".formatted(value));
        }
        return value;
    }
}
