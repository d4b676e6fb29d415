package io.understudy.hypervisor.window;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.StateComponent;
import io.understudy.checkpoint.StateReader;
import io.understudy.checkpoint.StateWriter;
import io.understudy.hypervisor.dirty.AccessDirtyService;
import io.understudy.hypervisor.ept.EptViews;
import io.understudy.hypervisor.exit.ViewBorder;
import io.understudy.hypervisor.memory.GuestRam;
import io.understudy.hypervisor.vcpu.Vcpu;
import io.understudy.hypervisor.view.GuestViews;
import io.understudy.hypervisor.view.ViewEvent;
import io.understudy.vmx.VmcsField;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * The views of one machine: who may go where, and what happens to those who may not.
 *
 * <p>An interrupt inside the window is delivered there, but its handler cannot be executed there:
 * the violation of that fetch leads back to view 0. The thread that was interrupted comes back by
 * the violation of its own fetch in view 0, if every register is as it was.
 */
public final class MachineViews implements StateComponent, GuestViews, ViewBorder {
    private static final int VERSION = 1;
    private static final int OUTSIDE = 0;
    private static final int SECOND = 1;

    private static final long WRITE = 1 << 1;
    private static final long FETCH = 1 << 2;
    private static final int DOUBLE_FAULT = 8;
    private static final int GENERAL_PROTECTION = 13;
    private static final int INVALID_OPCODE = 6;
    private static final int RCX = 1;

    private final ViewSetup setup;
    private final EptViews views;
    private final AccessDirtyService flags;
    private final Vcpu vcpu;
    private final GuestRam ram;
    private final InterruptedThreads threads;
    private final SharedBuffer buffer;
    private final ViewCalls calls;
    private final ViewEvents events = new ViewEvents();
    private SecretWindow window = SecretWindow.NONE;
    private long reportGpa = -1;

    public MachineViews(
            ViewSetup setup, EptViews views, AccessDirtyService flags, Vcpu vcpu, GuestRam ram) {
        this.setup = setup;
        this.views = views;
        this.flags = flags;
        this.vcpu = vcpu;
        this.ram = ram;
        this.threads = new InterruptedThreads(vcpu.processor());
        this.buffer = new SharedBuffer(setup, views, flags, ram);
        this.calls = new ViewCalls(vcpu, this, buffer);
        if (setup.hasWindow()) {
            apply(SecretWindow.NONE);
            vcpu.tellBeforeInterrupt(this::beforeInterrupt);
        }
    }

    /** Connects two machines that share. */
    public static void connect(MachineViews one, MachineViews other) {
        one.buffer.connect(other.buffer);
        other.buffer.connect(one.buffer);
    }

    private void beforeInterrupt() {
        if (views.currentIndex() != OUTSIDE) {
            threads.deliver();
        }
    }

    @Override
    public boolean refuses(long page, long gpa, long qualification) {
        int index = views.currentIndex();
        if (views.get(index).permits(page, qualification & 7)) {
            return false;
        }
        boolean isFetch = (qualification & FETCH) != 0;
        if (isFetch && index != OUTSIDE && setup.hasWindow()) {
            boolean isInterrupt = threads.leave();
            tell(isInterrupt ? ViewEvent.Kind.INTERRUPTED : ViewEvent.Kind.CODE_OUTSIDE_GATE, gpa);
            switchTo(OUTSIDE);
        } else if (isFetch && index == OUTSIDE && window.isGate(page) && threads.comeBack()) {
            switchTo(SECOND);
            tell(ViewEvent.Kind.RESUMED, gpa);
        } else {
            tell(kindOf(page, qualification), gpa);
            refuse();
        }
        return true;
    }

    private ViewEvent.Kind kindOf(long page, long qualification) {
        if (buffer.isShared(page)) {
            return ViewEvent.Kind.BUFFER_OUTSIDE;
        }
        if (window.isGate(page)) {
            return (qualification & FETCH) != 0
                    ? ViewEvent.Kind.JUMP_INTO_GATE
                    : ViewEvent.Kind.GATE_WRITTEN;
        }
        return (qualification & WRITE) != 0
                ? ViewEvent.Kind.WRITE_OUTSIDE
                : ViewEvent.Kind.READ_OUTSIDE;
    }

    /** The access raises an exception, as one to an address that does not exist. */
    private void refuse() {
        vcpu.raise(vcpu.hasPendingEvent() ? DOUBLE_FAULT : GENERAL_PROTECTION, 0);
    }

    @Override
    public boolean call() {
        calls.handle();
        return true;
    }

    @Override
    public void functionRefused() {
        tell(ViewEvent.Kind.NO_SUCH_VIEW, vcpu.processor().gpr(RCX));
        vcpu.raise(INVALID_OPCODE);
    }

    private void tell(ViewEvent.Kind kind, long gpa) {
        long rip = vcpu.processor().vmread(VmcsField.GUEST_RIP);
        events.add(kind, vcpu.time().tsc(), views.currentIndex(), rip, gpa);
    }

    private void switchTo(int index) {
        vcpu.useEptPointer(views.get(index).pointer());
        if (setup.hasSecondView()) {
            vcpu.processor().vmwrite(VmcsField.EPTP_INDEX, index);
        }
    }

    /**
     * The guest asks for its window; it has one at most, for good.
     *
     * @return the index of the secret view, or why not
     */
    long open(SecretWindow wanted) {
        if (!setup.hasWindow() || window.exists()) {
            return ViewCalls.NOT_ALLOWED;
        }
        if (!wanted.isSound(ram.map().firstSharedPage())) {
            return ViewCalls.BAD_ARGUMENT;
        }
        apply(wanted);
        return SECOND;
    }

    /** Mappings that exist follow; those of an earlier window as well. */
    private void apply(SecretWindow wanted) {
        SecretWindow before = window;
        window = wanted;
        views.first().setPolicy(wanted.outside());
        views.get(SECOND).setPolicy(wanted.inside());
        remap(before);
        remap(wanted);
        flags.invalidate();
    }

    private void remap(SecretWindow of) {
        remap(of.gatePage(), of.gatePages());
        remap(of.secretPage(), of.secretPages());
    }

    private void remap(long first, long pages) {
        for (long page = first; page < first + pages; page++) {
            flags.remap(ram.map().gpaOf(page << 12));
        }
    }

    /** The guest says where it reports about itself. */
    long reportAt(long gpa) {
        if ((gpa & 7) != 0 || !ram.map().contains(gpa, 8L * REPORT_WORDS)) {
            return ViewCalls.BAD_ARGUMENT;
        }
        reportGpa = gpa;
        return ViewCalls.DONE;
    }

    /** Page index of an address, or -1. */
    long pageOf(long gpa) {
        long offset = ram.map().offsetOf(gpa);
        return offset < 0 ? -1 : offset >>> 12;
    }

    @Override
    public int currentView() {
        return views.currentIndex();
    }

    @Override
    public boolean hasWindow() {
        return window.exists();
    }

    @Override
    public long readSecret(int word) {
        return ram.read64(secretGpa(word));
    }

    @Override
    public void writeSecret(int word, long value) {
        ram.write64(secretGpa(word), value);
    }

    private long secretGpa(int word) {
        if (!window.exists() || word < 0 || word >= window.secretPages() << 9) {
            throw new IndexOutOfBoundsException("no word %d of a secret".formatted(word));
        }
        return ram.map().gpaOf((window.secretPage() << 12) + 8L * word);
    }

    @Override
    public long report(int word) {
        return reportGpa < 0 ? 0 : ram.read64(reportGpa + 8L * word);
    }

    @Override
    public Map<ViewEvent.Kind, Long> counts() {
        return events.counts();
    }

    @Override
    public List<ViewEvent> events() {
        return Collections.unmodifiableList(events.first());
    }

    @Override
    public int eventsMax() {
        return ViewEvents.EVENTS_MAX;
    }

    @Override
    public long bytesCopied() {
        return buffer.bytesCopied();
    }

    @Override
    public long grantsMapped() {
        return buffer.grantsMapped();
    }

    @Override
    public String firstDifference() {
        return views.firstDifference(ram);
    }

    @Override
    public String name() {
        return "views";
    }

    @Override
    public int version() {
        return VERSION;
    }

    @Override
    public void save(StateWriter out) {
        out.u64(views.currentIndex());
        out.u64(window.gatePage()).u64(window.gatePages());
        out.u64(window.secretPage()).u64(window.secretPages());
        out.u64(reportGpa).u64(buffer.receiveRing()).u64(buffer.granted());
        threads.save(out);
    }

    @Override
    public void restore(StateReader in) throws CorruptStateException {
        long index = in.u64("VIEW");
        SecretWindow saved =
                new SecretWindow(
                        in.u64("GATE_PAGE"),
                        in.u64("GATE_PAGES"),
                        in.u64("SECRET_PAGE"),
                        in.u64("SECRET_PAGES"));
        long report = in.u64("REPORT");
        long ring = in.u64("RECEIVE_RING");
        long granted = in.u64("GRANTED");
        long[] interrupted = InterruptedThreads.read(in);
        in.end();
        if (index < 0 || index >= views.size()) {
            throw in.corrupt("VIEW", "is %d of %d".formatted(index, views.size()));
        }
        boolean isNone = saved.equals(SecretWindow.NONE);
        if (!isNone && (!setup.hasWindow() || !saved.isSound(ram.map().firstSharedPage()))) {
            throw in.corrupt("GATE_PAGE", "and the words behind it are no window");
        }
        boolean isReport =
                report == -1
                        || ((report & 7) == 0 && ram.map().contains(report, 8L * REPORT_WORDS));
        if (!isReport || !buffer.accepts(ring, granted)) {
            throw in.corrupt("REPORT, RECEIVE_RING or GRANTED", "names no memory");
        }
        reportGpa = report;
        buffer.adopt(ring, granted);
        threads.adopt(interrupted);
        if (setup.hasWindow()) {
            apply(saved);
        }
        switchTo((int) index);
    }
}
