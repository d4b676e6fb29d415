package io.understudy.hypervisor.exit;

import io.understudy.hypervisor.dirty.DirtyLogSwitch;
import io.understudy.hypervisor.ept.EptViews;
import io.understudy.hypervisor.memory.GuestRam;
import io.understudy.hypervisor.tables.DescriptorGuard;
import io.understudy.hypervisor.vcpu.Vcpu;
import io.understudy.vmx.VmcsField;
import org.jspecify.annotations.Nullable;

/**
 * EPT violations and full page-modification logs (SDM volume 3, "Exit Qualification for EPT
 * Violations").
 *
 * <pre>
 * 0 read | 1 write | 2 fetch | 5:3 R, W, X of the mapping, all 0 if there is none
 * 7 linear address valid | 8 the access itself, not one to a guest paging structure
 * </pre>
 */
public final class EptExits {
    private static final long READ = 1;
    private static final long WRITE = 1 << 1;
    private static final long FETCH = 1 << 2;
    private static final long MAPPED = 7 << 3;
    private static final long LINEAR_VALID = 1 << 7;
    private static final long FINAL_TRANSLATION = 1 << 8;

    private final Vcpu vcpu;
    private final EptViews views;
    private final GuestRam ram;
    private final DirtyLogSwitch dirtyLog;
    private final GuestEnd end;
    private final ViewBorder border;
    private long reads;
    private long writes;
    private long fetches;
    private long walks;
    private long deliveries;
    private @Nullable DescriptorGuard guard;

    EptExits(
            Vcpu vcpu,
            EptViews views,
            GuestRam ram,
            DirtyLogSwitch dirtyLog,
            GuestEnd end,
            ViewBorder border) {
        this.vcpu = vcpu;
        this.views = views;
        this.border = border;
        this.ram = ram;
        this.dirtyLog = dirtyLog;
        this.end = end;
    }

    void setGuard(@Nullable DescriptorGuard value) {
        guard = value;
    }

    /** Violations of reads; that of an update counts as a read and as a write. */
    public long reads() {
        return reads;
    }

    public long writes() {
        return writes;
    }

    public long fetches() {
        return fetches;
    }

    /** Of all violations, those of an access to a guest paging structure. */
    public long walks() {
        return walks;
    }

    /** Of all violations, those during the delivery of an event, which the next entry repeats. */
    public long deliveries() {
        return deliveries;
    }

    void violation() {
        long qualification = vcpu.processor().vmread(VmcsField.EXIT_QUALIFICATION);
        count(qualification);
        long gpa = vcpu.processor().vmread(VmcsField.GUEST_PHYSICAL_ADDRESS);
        boolean isNew = false;
        long offset = ram.map().offsetOf(gpa);
        if (offset >= 0 && border.refuses(offset >>> 12, gpa, qualification)) {
            return;
        }
        if ((qualification & MAPPED) == 0) {
            if (offset >= 0 && !ram.frames().bringIn(offset >>> 12)) {
                end.stall();
                return;
            }
            isNew = views.current().populate(gpa);
        }
        if (isNew) {
            dirtyLog.guard().onMapped(gpa);
        }
        DescriptorGuard g = guard;
        if (g != null) {
            if (isNew || g.isStepping()) {
                g.onMapped();
            }
            if (!isNew && (qualification & WRITE) != 0 && g.onWriteViolation(gpa)) {
                return;
            }
        }
        // A new mapping may forbid writing: then the page is written to by this very access.
        boolean isLogged = (qualification & WRITE) != 0 && dirtyLog.onWriteViolation(gpa);
        if (!isNew && !isLogged) {
            end.dead(
                    "the guest accessed physical address %#x, where there is no memory, at %#x"
                            .formatted(gpa, vcpu.processor().vmread(VmcsField.GUEST_RIP)));
        }
    }

    void logFull() {
        dirtyLog.onLogFull();
    }

    private void count(long qualification) {
        reads += (qualification & READ) != 0 ? 1 : 0;
        writes += (qualification & WRITE) != 0 ? 1 : 0;
        fetches += (qualification & FETCH) != 0 ? 1 : 0;
        walks += (qualification & (LINEAR_VALID | FINAL_TRANSLATION)) == LINEAR_VALID ? 1 : 0;
        deliveries += vcpu.hasPendingEvent() ? 1 : 0;
    }
}
