package io.understudy.hypervisor.tables;

import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.PageId;
import io.understudy.hypervisor.dirty.AccessDirtyService;
import io.understudy.hypervisor.ept.EptView;
import io.understudy.hypervisor.frame.FrameAllocator;
import io.understudy.hypervisor.guard.DescriptorChange;
import io.understudy.hypervisor.guard.GuardAction;
import io.understudy.hypervisor.guard.GuardCounts;
import io.understudy.hypervisor.guard.GuardEvent;
import io.understudy.hypervisor.guard.GuardEventKind;
import io.understudy.hypervisor.guard.GuardListener;
import io.understudy.hypervisor.guard.GuardOptions;
import io.understudy.hypervisor.guard.GuardPolicy;
import io.understudy.hypervisor.guard.GuardVerdict;
import io.understudy.hypervisor.guard.GuardedTable;
import io.understudy.hypervisor.memory.GuestRam;
import io.understudy.hypervisor.vcpu.Vcpu;
import io.understudy.vmx.LogicalProcessor;
import io.understudy.vmx.VmcsField;
import io.understudy.vmx.memory.PhysicalMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * Guards the descriptor tables of one vCPU: takes the exits that concern them, lets each access
 * happen in one step, judges what came of it, and tells.
 */
public final class DescriptorGuard {
    private static final long PAGE = -4096L;
    private static final int GENERAL_PROTECTION = 13;
    private static final int VCPU = 0;
    private static final long LINEAR_VALID = 1 << 7;
    private static final int NO_SINCE = 0;

    private final Vcpu vcpu;
    private final LogicalProcessor processor;
    private final AccessDirtyService flags;
    private final GuestRam ram;
    private final AddressSpaceLoad addressSpaces;
    private final Consumer<String> pause;
    private final GuardOptions options;
    private final GuardListener listener;
    private final TableRegisters registers;
    private final PrivateView privateView;
    private final WatchedTable gdt;
    private final WatchedTable idt;
    private final List<WatchedTable> tables;
    private final PendingAccess pending = new PendingAccess();
    private final LongConsumer foreignWrites = this::beforeForeignWrite;
    private HeldPages held = new HeldPages();

    /** Somebody who is not the guest wrote to a guarded page since its content was compared. */
    private boolean isContentInDoubt;

    private boolean isStepping;
    private long checkedTsc;
    private long dueTsc;

    private long events;
    private long loads;
    private long stores;
    private long writes;
    private long neighbourWrites;
    private long denied;
    private long suspicious;
    private long steps;
    private long addressSpaceLoads;
    private long rechecks;
    private long gapMaxNs;
    private long invalidations;

    /**
     * @param pause stops the guest; takes one sentence that says why
     */
    public DescriptorGuard(
            Vcpu vcpu,
            PhysicalMemory memory,
            FrameAllocator frames,
            AccessDirtyService flags,
            EptView view,
            GuestRam ram,
            Consumer<String> pause,
            GuardOptions options,
            GuardListener listener) {
        this.vcpu = vcpu;
        this.processor = vcpu.processor();
        this.flags = flags;
        this.pause = pause;
        this.options = options;
        this.listener = listener;
        GuestWalk walk = new GuestWalk(processor, memory, ram);
        this.registers = new TableRegisters(processor, walk);
        this.privateView = new PrivateView(memory, frames, view, vcpu);
        this.ram = ram;
        this.addressSpaces = new AddressSpaceLoad(vcpu, ram.map());
        this.gdt = new WatchedTable(GuardedTable.GDT, walk);
        this.idt = new WatchedTable(GuardedTable.IDT, walk);
        this.tables = List.of(gdt, idt);
        vcpu.watchTables(true);
        ram.tellBeforeWrite(foreignWrites);
        gdt.moveTo(registers.gdtBase(), registers.gdtLimit());
        idt.moveTo(registers.idtBase(), registers.idtLimit());
        gdt.locate();
        idt.locate();
        gdt.approveUnread();
        idt.approveUnread();
        hold();
        checkedTsc = now();
        dueTsc = checkedTsc + options.recheckVirtualNs();
    }

    /** Ends guarding: the guest's pages are writable again, nothing more exits. */
    public void close() {
        if (isStepping) { // the access exited and was not made yet
            isStepping = false;
            vcpu.endStep();
        }
        ram.tellNoMore(foreignWrites);
        for (int i = 0; i < held.size(); i++) {
            flags.release(held.get(i));
        }
        held = new HeldPages();
        vcpu.watchTables(false);
        privateView.close();
    }

    /** Whether an instruction is being stepped over. */
    public boolean isStepping() {
        return isStepping;
    }

    public GuardCounts counts() {
        return new GuardCounts(
                loads,
                stores,
                writes,
                neighbourWrites,
                denied,
                suspicious,
                steps,
                addressSpaceLoads,
                rechecks,
                gapMaxNs,
                invalidations,
                held.size());
    }

    /** When the tables' pages must be looked for again, by the guest's TSC; not during a step. */
    public long dueTsc() {
        return isStepping ? Long.MAX_VALUE : dueTsc;
    }

    /**
     * Looks for the tables' pages again if it is time; before each entry.
     *
     * @param isInterruptNext whether the guest is given an interrupt now: the time when a table
     *     matters, and an exit that happened anyway, so half the time is enough
     */
    public void checkIfDue(boolean isInterruptNext) {
        long early = isInterruptNext ? options.recheckVirtualNs() / 2 : 0;
        if (!isStepping && now() >= dueTsc - early) {
            recheck();
        }
    }

    /** Idle time follows: what the guest did before it is found before. */
    public void beforeIdle() {
        if (!isStepping && now() > checkedTsc) {
            recheck();
        }
    }

    /** The guest executed nothing since {@link #beforeIdle}. */
    public void afterIdle() {
        checkedTsc = now();
        dueTsc = checkedTsc + options.recheckVirtualNs();
    }

    /**
     * LGDT, LIDT, SGDT, SIDT, LLDT, LTR, SLDT or STR.
     *
     * @param isSegment whether it is one of the last four
     */
    public void onTableInstruction(boolean isSegment) {
        int information = (int) processor.vmread(VmcsField.EXIT_INSTRUCTION_INFORMATION);
        GuardEventKind kind = GuardEventKind.of(isSegment, information >>> 28 & 3);
        TableOperand operand =
                TableOperand.of(
                        processor, information, processor.vmread(VmcsField.EXIT_QUALIFICATION));
        loads += kind.isLoad() ? 1 : 0;
        stores += kind.isStore() ? 1 : 0;
        note(PendingAccess.Kind.INSTRUCTION);
        pending.instruction = kind;
        pending.operand = operand.text();
        pending.linear = operand.linear();
        pending.before = registers.contentFor(kind);
        if (options.policy() == GuardPolicy.DENY && !isLearning()) {
            if (kind.isStore() && registers.isInRing3()) {
                vcpu.raise(GENERAL_PROTECTION, 0); // as with user-mode instruction prevention
                tellInstruction(kind, pending.before, List.of(), GuardAction.DENIED);
                return;
            }
            String asked = kind.isLoad() ? registers.contentOf(kind, operand) : pending.before;
            if (!asked.equals(pending.before)) {
                vcpu.skipInstruction();
                tellInstruction(kind, asked, List.of(), GuardAction.DENIED);
                return;
            }
        }
        step();
    }

    /** The guest loads CR3: the tables may lie elsewhere in the address space that it goes to. */
    public void onAddressSpaceLoad() {
        addressSpaceLoads++;
        if (addressSpaces.carryOut()) {
            recheck();
            return;
        }
        note(PendingAccess.Kind.ADDRESS_SPACE);
        step();
    }

    private void beforeForeignWrite(long pageId) {
        isContentInDoubt |= held.contains(ram.map().gpaOf(PageId.index(pageId) << 12));
    }

    /**
     * A write was forbidden.
     *
     * @return whether the page is guarded; then the write happens in the next step
     */
    public boolean onWriteViolation(long gpa) {
        if (!held.contains(gpa & PAGE)) {
            return false;
        }
        if (isStepping) {
            return false; // its own view is open: something else forbids it
        }
        note(PendingAccess.Kind.WRITE);
        boolean hasLinear = (processor.vmread(VmcsField.EXIT_QUALIFICATION) & LINEAR_VALID) != 0;
        pending.linear =
                hasLinear
                        ? processor.vmread(VmcsField.GUEST_LINEAR_ADDRESS)
                        : GuardEvent.NO_ADDRESS;
        pending.page = gpa & PAGE;
        pending.isInTable = gdt.contains(gpa) || idt.contains(gpa);
        step();
        return true;
    }

    /** The guest's view has a new mapping; a step under way may need it. */
    public void onMapped() {
        if (isStepping) {
            privateView.follow(held);
        }
    }

    /** The instruction was executed, or an event was delivered in its place. */
    public void onStepped() {
        Invariant.check(isStepping, "nobody else sets the monitor trap flag");
        isStepping = false;
        vcpu.endStep();
        switch (pending.kind) {
            case INSTRUCTION -> afterInstruction();
            case WRITE -> afterWrite();
            case ADDRESS_SPACE -> recheck();
        }
    }

    private void note(PendingAccess.Kind kind) {
        pending.kind = kind;
        pending.operand = "";
        pending.linear = GuardEvent.NO_ADDRESS;
        pending.before = "";
        pending.isInTable = false;
        pending.rip = processor.vmread(VmcsField.GUEST_RIP);
        pending.retired = vcpu.time().instructions();
        pending.virtualNs = now();
    }

    private void step() {
        steps++;
        isStepping = true;
        if (pending.kind == PendingAccess.Kind.ADDRESS_SPACE) {
            vcpu.stepAddressSpaceLoad();
            return;
        }
        privateView.follow(held);
        vcpu.step(privateView.pointer(), pending.kind == PendingAccess.Kind.INSTRUCTION);
    }

    private void afterInstruction() {
        GuardEventKind kind = pending.instruction;
        List<DescriptorChange> differences = new ArrayList<>();
        boolean isGdtMoved = follows(gdt, registers.gdtBase(), registers.gdtLimit(), differences);
        boolean isIdtMoved = follows(idt, registers.idtBase(), registers.idtLimit(), differences);
        if (isGdtMoved || isIdtMoved) {
            hold();
        }
        tellInstruction(kind, registers.contentFor(kind), differences, GuardAction.NONE);
        judgeContent(GuardEventKind.WRITE, NO_SINCE); // LTR marks its task, SGDT may store there
    }

    /** Whether a table moved with its register; what its content differs in is added. */
    private static boolean follows(
            WatchedTable table, long base, long limit, List<DescriptorChange> differences) {
        if (table.isAt(base, limit)) {
            return false;
        }
        boolean wasInUse = !table.isEmpty();
        table.moveTo(base, limit);
        table.locate();
        if (wasInUse) {
            differences.addAll(table.changes());
        }
        table.approveUnread();
        return true;
    }

    private void afterWrite() {
        int changed = 0;
        for (WatchedTable table : tables) {
            if (table.liesIn(pending.page)) {
                changed += judgeContent(table, GuardEventKind.WRITE, NO_SINCE);
            }
        }
        if (changed != 0) {
            return;
        }
        if (!pending.isInTable) {
            neighbourWrites++;
        } else {
            writes++;
            tell(
                    GuardEventKind.WRITE,
                    "",
                    List.of(),
                    GuardVerdict.LEGITIMATE,
                    "what was there already",
                    GuardAction.NONE,
                    NO_SINCE);
        }
    }

    /**
     * Walks to the tables' pages and looks whether they are the same. Their content is if nobody
     * but the guest wrote to them: what the guest writes was seen when it did.
     */
    private void recheck() {
        rechecks++;
        long since = now() - checkedTsc;
        gapMaxNs = Math.max(gapMaxNs, since);
        boolean isGdtMoved = recheck(gdt, since);
        boolean isIdtMoved = recheck(idt, since);
        if (isGdtMoved || isIdtMoved) {
            hold();
        }
        if (isContentInDoubt) {
            isContentInDoubt = false;
            note(PendingAccess.Kind.ADDRESS_SPACE);
            judgeContent(GuardEventKind.FOUND, since);
        }
        checkedTsc = now();
        dueTsc = checkedTsc + options.recheckVirtualNs();
    }

    private boolean recheck(WatchedTable table, long since) {
        if (!table.locate()) {
            return false;
        }
        note(PendingAccess.Kind.ADDRESS_SPACE);
        pending.before = table.placeBefore();
        List<DescriptorChange> changes = table.changes();
        boolean isLearning = isLearning();
        boolean isDenied = options.policy() == GuardPolicy.DENY && !isLearning;
        for (DescriptorChange change : changes) {
            if (isDenied) {
                table.restore(change);
            }
        }
        table.approveUnread();
        tell(
                GuardEventKind.REMAP,
                table.place(),
                changes,
                isLearning ? GuardVerdict.LEARNED : GuardVerdict.SUSPICIOUS,
                "the " + table.name().key() + " lies in another page",
                isDenied ? GuardAction.DENIED : GuardAction.NONE,
                since);
        return true;
    }

    /** Judges, tells and approves or puts back what changed in the tables; returns how much. */
    private int judgeContent(GuardEventKind kind, long since) {
        return judgeContent(gdt, kind, since) + judgeContent(idt, kind, since);
    }

    private int judgeContent(WatchedTable table, GuardEventKind kind, long since) {
        List<DescriptorChange> changes = table.changes();
        if (changes.isEmpty()) {
            return 0;
        }
        writes += kind == GuardEventKind.WRITE ? 1 : 0;
        GuardVerdict verdict = isLearning() ? GuardVerdict.LEARNED : GuardVerdict.LEGITIMATE;
        String reason = changes.getFirst().reason();
        boolean isDenied = false;
        for (DescriptorChange change : changes) {
            if (!change.isLegitimate() && verdict != GuardVerdict.LEARNED) {
                verdict = GuardVerdict.SUSPICIOUS;
                reason = change.reason();
                if (options.policy() == GuardPolicy.DENY) {
                    table.restore(change);
                    isDenied = true;
                }
            }
        }
        table.approve();
        GuardAction action = isDenied ? GuardAction.DENIED : GuardAction.NONE;
        tell(kind, "", changes, verdict, reason, action, since);
        return changes.size();
    }

    private void tellInstruction(
            GuardEventKind kind, String after, List<DescriptorChange> changes, GuardAction action) {
        GuardVerdict verdict = GuardVerdict.LEGITIMATE;
        String reason = kind.isStore() ? "only looks" : "what was there already";
        if (kind.isStore() && registers.isInRing3()) {
            verdict = isLearning() ? GuardVerdict.LEARNED : GuardVerdict.SUSPICIOUS;
            reason = "a program in ring 3 looks where the tables are";
        } else if (kind.isLoad() && !after.equals(pending.before)) {
            verdict = isLearning() ? GuardVerdict.LEARNED : GuardVerdict.SUSPICIOUS;
            reason = "the register points elsewhere";
        }
        tell(kind, after, changes, verdict, reason, action, NO_SINCE);
    }

    private void tell(
            GuardEventKind kind,
            String after,
            List<DescriptorChange> changes,
            GuardVerdict verdict,
            String reason,
            GuardAction action,
            long since) {
        GuardAction taken = action;
        if (verdict == GuardVerdict.SUSPICIOUS) {
            suspicious++;
            if (options.policy() == GuardPolicy.PAUSE) {
                taken = GuardAction.PAUSED;
                pause.accept("the guest is paused by the guard: " + reason);
            }
        }
        denied += taken == GuardAction.DENIED ? 1 : 0;
        listener.happened(
                new GuardEvent(
                        ++events,
                        pending.virtualNs,
                        pending.retired,
                        VCPU,
                        pending.rip,
                        kind,
                        pending.operand,
                        pending.linear,
                        pending.before,
                        after,
                        changes,
                        verdict,
                        reason,
                        taken,
                        since));
    }

    /** Write-protects exactly the pages that hold the tables now. */
    private void hold() {
        HeldPages wanted = new HeldPages();
        gdt.addPagesTo(wanted);
        idt.addPagesTo(wanted);
        for (int i = 0; i < held.size(); i++) {
            if (!wanted.contains(held.get(i))) {
                flags.release(held.get(i));
            }
        }
        boolean isTighter = false;
        for (int i = 0; i < wanted.size(); i++) {
            if (!held.contains(wanted.get(i))) {
                flags.hold(wanted.get(i));
                isTighter = true;
            }
        }
        held = wanted;
        privateView.forget();
        if (isTighter) {
            flags.invalidate();
            invalidations++;
        }
    }

    private boolean isLearning() {
        return now() < options.learnVirtualNs();
    }

    private long now() {
        return vcpu.time().tsc();
    }
}
