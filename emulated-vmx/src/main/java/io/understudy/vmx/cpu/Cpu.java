package io.understudy.vmx.cpu;

import io.understudy.vmx.decode.Decoder;
import io.understudy.vmx.decode.Extension;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.memory.PhysicalMemory;
import io.understudy.vmx.memory.RawMemory;
import io.understudy.vmx.memory.Tlb;
import io.understudy.vmx.softfloat.ScalarArithmetic;
import io.understudy.vmx.x87.X87State;
import io.understudy.vmx.x87.X87Unit;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Architectural state of one logical processor that instructions touch, and the fast paths to
 * memory.
 *
 * <p>Status flags are lazy: {@code ccOp} names the operation that last set them and {@code
 * ccResult}, {@code ccA}, {@code ccB} its result and inputs; {@code execute.Flags} alone interprets
 * them. {@link #systemFlags} holds every other RFLAGS bit. Nothing outside this module ever sees
 * the lazy form.
 */
public final class Cpu {
    public static final int RAX = 0;
    public static final int RCX = 1;
    public static final int RDX = 2;
    public static final int RBX = 3;
    public static final int RSP = 4;
    public static final int RBP = 5;
    public static final int RSI = 6;
    public static final int RDI = 7;

    /** Index in {@link #xmmLow} and {@link #xmmHigh} of scratch for a memory operand. */
    public static final int XMM_SCRATCH = 16;

    public static final int MXCSR_RESET = 0x1f80;

    /** RAX..R15, then the register that always reads zero, then scratch for the RIP base. */
    public final long[] gpr = new long[18];

    /**
     * RIP of the next instruction at a block boundary; RIP of the block's first instruction inside
     * it.
     */
    public long rip;

    public int ccOp;
    public long ccResult;
    public long ccA;
    public long ccB;

    /**
     * RFLAGS without the six status flags: DF, IF, TF, IOPL, NT, RF, VM, AC, VIF, VIP, ID and bit
     * 1.
     */
    public long systemFlags = 2;

    public long fsBase;
    public long gsBase;

    /** Bytes of the instruction that the last signal out of the executor interrupted, or 0. */
    public int interruptedBytes;

    /**
     * Instructions that may retire before {@link BoundaryHook#atBoundary} must run again. The
     * executor subtracts each completed instruction and nothing else, so whoever granted reads the
     * retired count as granted minus this. To force a boundary after the current instruction, a
     * system instruction takes the same amount off the grant and off this field.
     */
    public long budget;

    /** Which operation of the running block the executor was last told of; means nothing else. */
    public int operation;

    /** Read-modify-write in progress: its host address or 0, and its linear address. */
    public long updateHost;

    public long updateLinear;

    /** Base and offset mask of the active TLB, which the memory unit swaps with the context. */
    public long tlbBase;

    public long tlbOffsetMask;

    /**
     * Names the set of fetch translations in force: block chains and jump caches are tagged with
     * it. Every flush and context switch (paging structures, privilege, view) gives it a value that
     * never meant another set on this processor; switching back may restore an old value.
     */
    public long translationGeneration = 1;

    /** Not in 64-bit mode: linear addresses have 32 bits, and every segment has a base. */
    public boolean legacy;

    /** In legacy mode: DS, ES or SS has a base, a limit, or may not be written. */
    public boolean segmented;

    /** The bits of RSP that make up the stack pointer. */
    public long stackMask = -1;

    /** CPL 3 with CR0.AM and RFLAGS.AC: accesses have no fast path, and the slow one checks. */
    public boolean alignmentChecked;

    /** Key of decoded blocks, see {@link CodeMode}. */
    public int codeMode = 64;

    /** Names the code segment, see {@link CodeMode}; 0 in 64-bit mode. */
    public long codeContext;

    private final CodeMode mode = new CodeMode();

    /**
     * The instruction that executes is the last before a boundary, and the retired count is exact:
     * devices may be accessed.
     */
    public boolean exact;

    /** Single step on branches: {@link BoundaryHook#beforeStep} is told of the next instruction. */
    public boolean stepsBranches;

    private final ExactAccess exactAccess = new ExactAccess();

    private @Nullable RuntimeException failure;

    /** What {@link #budget} was when it was last accounted. */
    private long accounted;

    /** Bits 63:0 of XMM0..XMM15, then scratch. */
    public final long[] xmmLow = new long[XMM_SCRATCH + 1];

    /** Bits 127:64 of XMM0..XMM15, then scratch. */
    public final long[] xmmHigh = new long[XMM_SCRATCH + 1];

    public int mxcsr = MXCSR_RESET;

    /** Arithmetic of this processor on elements of XMM registers. */
    public final ScalarArithmetic floats = new ScalarArithmetic();

    public final X87State x87 = new X87State();

    /** Instructions on {@link #x87}. */
    public final X87Unit x87Unit = new X87Unit(x87);

    public final SystemState system;

    public final Breakpoints breakpoints = new Breakpoints();

    public final GuestFault fault = new GuestFault();
    public final PhysicalMemory physical;

    private final MemoryUnit memory;
    private final Set<Extension> extensions;

    /** What memory accesses that miss the TLB, and instruction fetches, go through. */
    public interface MemoryUnit {
        /**
         * Loads {@code bytes} (1, 2, 4, 8) at a linear address, zero-extended; may cross a page;
         * faults before any state changes.
         */
        long load(Cpu cpu, long linear, int bytes);

        /** Stores; a store that crosses a page probes both pages before writing either. */
        void store(Cpu cpu, long linear, int bytes, long value);

        /**
         * As {@link #store}, but what the store raises, or the VM exit that it causes, is mostly
         * returned.
         */
        default @Nullable RuntimeException tryStore(Cpu cpu, long linear, int bytes, long value) {
            store(cpu, linear, bytes, value);
            return null;
        }

        /**
         * Raises what a write of {@code bytes} would raise, and fills the write tag where one may
         * be given.
         */
        void probeWrite(Cpu cpu, long linear, int bytes);

        /** As {@link #probeWrite} for a read-modify-write, which an EPT violation tells apart. */
        default void probeUpdate(Cpu cpu, long linear, int bytes) {
            probeWrite(cpu, linear, bytes);
        }

        /** Rights of protection keys changed, which cached translations have applied. */
        default void protectionKeysChanged(Cpu cpu) {}

        /**
         * Host-physical address of an instruction byte, having checked fetch rights and filled the
         * fetch tag.
         */
        long fetch(Cpu cpu, long linear);
    }

    /** A processor with every extension. */
    public Cpu(PhysicalMemory physical, MemoryUnit memory) {
        this(physical, memory, EnumSet.allOf(Extension.class));
    }

    /**
     * @param extensions instructions that exist here, beyond those that always do
     */
    public Cpu(PhysicalMemory physical, MemoryUnit memory, Set<Extension> extensions) {
        this.physical = physical;
        this.memory = memory;
        this.extensions = extensions;
        boolean keys = extensions.contains(Extension.PROTECTION_KEYS);
        long x87AndSse = SystemState.XCR0_X87 | SystemState.XCR0_SSE;
        this.system = new SystemState(keys ? x87AndSse | SystemState.XCR0_PKRU : x87AndSse);
    }

    /**
     * Derives the code mode. The memory unit calls it whenever the translation context is made
     * active again, which whoever changes a segment register, CR0.PE or EFER.LMA asks for.
     */
    public void updateMode() {
        mode.update(this);
    }

    public boolean isVirtual8086() {
        return (systemFlags & ControlBits.FLAG_VM) != 0;
    }

    /** Whether a selector is a paragraph: in real-address and virtual-8086 mode. */
    public boolean isSegmentedByParagraphs() {
        return !system.isProtectedMode() || isVirtual8086();
    }

    /**
     * Linear address of RIP.
     *
     * @throws GuestFault if RIP is beyond the limit of CS
     */
    public long codeLinear() {
        if (!legacy) {
            return rip;
        }
        rip &= 0xffff_ffffL;
        if (rip > Integer.toUnsignedLong(system.limit[Insn.CS])) {
            throw raise(Vector.GP, 0);
        }
        return (system.base[Insn.CS] + rip) & 0xffff_ffffL;
    }

    /**
     * Linear address of a stack slot.
     *
     * @param pointer RSP, or the value that RSP is about to have
     */
    public long stackLinear(long pointer, int bytes, boolean write) {
        return legacy
                ? Segmentation.linear(this, Insn.SS, pointer & stackMask, bytes, write)
                : pointer;
    }

    /** Moves the stack pointer; a 16-bit one keeps the rest of ESP. */
    public void setStackPointer(long pointer) {
        long mask = stackMask;
        gpr[RSP] = mask == 0xffff ? (gpr[RSP] & ~mask) | (pointer & mask) : pointer & mask;
    }

    /** Grants a slice of {@code instructions}; everything retired so far was accounted. */
    public void grant(long instructions) {
        budget = instructions;
        accounted = instructions;
    }

    /** Instructions retired since the last call or grant. */
    public long takeRetired() {
        long retired = accounted - budget;
        accounted = budget;
        return retired;
    }

    /** To be called before an access whose effects must not wait for the end of a block. */
    public void requireExact() {
        if (!exact) {
            throw exactAccess;
        }
    }

    /** Makes the slice end after one instruction, which may access devices. */
    public void stepExactly() {
        accounted -= budget - 1;
        budget = 1;
        exact = true;
    }

    /**
     * Gives up the rest of the slice, so that {@link BoundaryHook#atBoundary} runs before the next
     * instruction. For instructions that change what may be delivered there: flags, blocking,
     * halts.
     */
    public void requestBoundary() {
        accounted -= budget;
        budget = 0;
    }

    public long load8(long linear) {
        long entry = tlbBase + ((linear >>> 7) & tlbOffsetMask);
        if (RawMemory.get64(entry) == (linear & ~0xfffL)) {
            return RawMemory.get8(linear + RawMemory.get64(entry + Tlb.ADDEND));
        }
        return memory.load(this, linear, 1);
    }

    public long load16(long linear) {
        long entry = tlbBase + ((linear >>> 7) & tlbOffsetMask);
        if (RawMemory.get64(entry) == (linear + 1 & ~0xfffL)) {
            return RawMemory.get16(linear + RawMemory.get64(entry + Tlb.ADDEND));
        }
        return memory.load(this, linear, 2);
    }

    public long load32(long linear) {
        long entry = tlbBase + ((linear >>> 7) & tlbOffsetMask);
        if (RawMemory.get64(entry) == (linear + 3 & ~0xfffL)) {
            return RawMemory.get32(linear + RawMemory.get64(entry + Tlb.ADDEND)) & 0xffff_ffffL;
        }
        return memory.load(this, linear, 4);
    }

    public long load64(long linear) {
        long entry = tlbBase + ((linear >>> 7) & tlbOffsetMask);
        if (RawMemory.get64(entry) == (linear + 7 & ~0xfffL)) {
            return RawMemory.get64(linear + RawMemory.get64(entry + Tlb.ADDEND));
        }
        return memory.load(this, linear, 8);
    }

    /**
     * The system instruction that executes does not complete, and returns at once: what a throw of
     * {@code reason} says, without what it costs.
     */
    public void fail(RuntimeException reason) {
        failure = reason;
    }

    /**
     * Why the system instruction that has returned did not complete, asked once; null if it did.
     */
    public @Nullable RuntimeException takeFailure() {
        RuntimeException taken = failure;
        if (taken != null) {
            failure = null;
        }
        return taken;
    }

    public void store8(long linear, long value) {
        throwIfAny(tryStore8(linear, value));
    }

    /**
     * As {@link #store8}.
     *
     * @return the exception or VM exit that there is instead, to be thrown
     */
    public @Nullable RuntimeException tryStore8(long linear, long value) {
        long entry = tlbBase + ((linear >>> 7) & tlbOffsetMask);
        if (RawMemory.get64(entry + Tlb.WRITE_TAG) == (linear & ~0xfffL)) {
            RawMemory.put8(linear + RawMemory.get64(entry + Tlb.ADDEND), (int) value);
            return null;
        }
        return memory.tryStore(this, linear, 1, value);
    }

    public void store16(long linear, long value) {
        throwIfAny(tryStore16(linear, value));
    }

    /**
     * As {@link #store16}.
     *
     * @return the exception or VM exit that there is instead, to be thrown
     */
    public @Nullable RuntimeException tryStore16(long linear, long value) {
        long entry = tlbBase + ((linear >>> 7) & tlbOffsetMask);
        if (RawMemory.get64(entry + Tlb.WRITE_TAG) == (linear + 1 & ~0xfffL)) {
            RawMemory.put16(linear + RawMemory.get64(entry + Tlb.ADDEND), (int) value);
            return null;
        }
        return memory.tryStore(this, linear, 2, value);
    }

    public void store32(long linear, long value) {
        throwIfAny(tryStore32(linear, value));
    }

    /**
     * As {@link #store32}.
     *
     * @return the exception or VM exit that there is instead, to be thrown
     */
    public @Nullable RuntimeException tryStore32(long linear, long value) {
        long entry = tlbBase + ((linear >>> 7) & tlbOffsetMask);
        if (RawMemory.get64(entry + Tlb.WRITE_TAG) == (linear + 3 & ~0xfffL)) {
            RawMemory.put32(linear + RawMemory.get64(entry + Tlb.ADDEND), (int) value);
            return null;
        }
        return memory.tryStore(this, linear, 4, value);
    }

    public void store64(long linear, long value) {
        throwIfAny(tryStore64(linear, value));
    }

    /**
     * As {@link #store64}.
     *
     * @return the exception or VM exit that there is instead, to be thrown
     */
    public @Nullable RuntimeException tryStore64(long linear, long value) {
        long entry = tlbBase + ((linear >>> 7) & tlbOffsetMask);
        if (RawMemory.get64(entry + Tlb.WRITE_TAG) == (linear + 7 & ~0xfffL)) {
            RawMemory.put64(linear + RawMemory.get64(entry + Tlb.ADDEND), value);
            return null;
        }
        return memory.tryStore(this, linear, 8, value);
    }

    /** Throws what an access was instead of happening, if it was. */
    public static void throwIfAny(@Nullable RuntimeException failure) {
        if (failure != null) {
            throw failure;
        }
    }

    /** Loads 16 bytes into the scratch register. */
    public void loadVector(long linear) {
        long entry = tlbBase + ((linear >>> 7) & tlbOffsetMask);
        if (RawMemory.get64(entry) == (linear + 15 & ~0xfffL)) {
            long host = linear + RawMemory.get64(entry + Tlb.ADDEND);
            xmmLow[XMM_SCRATCH] = RawMemory.get64(host);
            xmmHigh[XMM_SCRATCH] = RawMemory.get64(host + 8);
            return;
        }
        long low = memory.load(this, linear, 8);
        xmmHigh[XMM_SCRATCH] = memory.load(this, linear + 8, 8);
        xmmLow[XMM_SCRATCH] = low;
    }

    /** Stores 16 bytes; faults before any state changes. */
    public void storeVector(long linear, long low, long high) {
        long entry = tlbBase + ((linear >>> 7) & tlbOffsetMask);
        if (RawMemory.get64(entry + Tlb.WRITE_TAG) == (linear + 15 & ~0xfffL)) {
            long host = linear + RawMemory.get64(entry + Tlb.ADDEND);
            RawMemory.put64(host, low);
            RawMemory.put64(host + 8, high);
            return;
        }
        if ((linear & 0xfff) > 0xff0) {
            memory.probeWrite(this, linear, 16);
        }
        memory.store(this, linear, 8, low);
        memory.store(this, linear + 8, 8, high);
    }

    /**
     * Raises whatever writing {@code bytes}, at most a page, would raise, so that stores into the
     * range cannot fault any more.
     */
    public void probeWrite(long linear, int bytes) {
        memory.probeWrite(this, linear, bytes);
    }

    /** Loads PKRU. */
    public void setProtectionKeys(int rights) {
        if (system.pkru != rights) {
            system.pkru = rights;
            memory.protectionKeysChanged(this);
        }
    }

    /** Raises #UD or #NM unless instructions on XMM registers may execute. */
    public void requireSse() {
        if ((system.cr0 & (ControlBits.CR0_EM | ControlBits.CR0_TS)) != 0
                || (system.cr4 & ControlBits.CR4_OSFXSR) == 0) {
            boolean enabled =
                    (system.cr0 & ControlBits.CR0_EM) == 0
                            && (system.cr4 & ControlBits.CR4_OSFXSR) != 0;
            throw raise(enabled ? Vector.NM : Vector.UD);
        }
    }

    /** Raises #UD, #NM or #MF unless instructions on MMX registers may execute. */
    public void requireMmx() {
        if ((system.cr0 & ControlBits.CR0_EM) != 0) {
            throw raise(Vector.UD);
        }
        requireX87();
    }

    /** Raises #NM, or #MF for a pending exception, unless waiting x87 instructions may execute. */
    public void requireX87() {
        requireX87NoWait();
        requireNoX87Exception();
    }

    /**
     * Raises #MF if an unmasked x87 exception is pending. With CR0.NE clear it is as if IGNNE# were
     * asserted: nothing happens.
     */
    public void requireNoX87Exception() {
        if (x87.isExceptionPending() && (system.cr0 & ControlBits.CR0_NE) != 0) {
            throw raise(Vector.MF);
        }
    }

    /** Raises #NM unless x87 instructions may execute. */
    public void requireX87NoWait() {
        if ((system.cr0 & (ControlBits.CR0_EM | ControlBits.CR0_TS)) != 0) {
            throw raise(Vector.NM);
        }
    }

    /**
     * Host address for a read-modify-write of {@code bytes} bytes, or 0 if the page has no write
     * tag even after a probe (crossing, device, code): then the caller loads and stores, and
     * neither can fault any more.
     */
    public long hostForUpdate(long linear, int bytes) {
        long entry = tlbBase + ((linear >>> 7) & tlbOffsetMask);
        long page = (linear + bytes - 1) & ~0xfffL;
        if (RawMemory.get64(entry + Tlb.WRITE_TAG) != page) {
            memory.probeUpdate(this, linear, bytes);
            if (RawMemory.get64(entry + Tlb.WRITE_TAG) != page) {
                return 0;
            }
        }
        return linear + RawMemory.get64(entry + Tlb.ADDEND);
    }

    /** As {@link #hostForUpdate} for a store alone. */
    public long hostForWrite(long linear, int bytes) {
        long entry = tlbBase + ((linear >>> 7) & tlbOffsetMask);
        long page = (linear + bytes - 1) & ~0xfffL;
        if (RawMemory.get64(entry + Tlb.WRITE_TAG) != page) {
            memory.probeWrite(this, linear, bytes);
            if (RawMemory.get64(entry + Tlb.WRITE_TAG) != page) {
                return 0;
            }
        }
        return linear + RawMemory.get64(entry + Tlb.ADDEND);
    }

    /**
     * Host address for reading the byte at {@code linear} and those after it in its page, or 0 if
     * the page has no read tag even after a load of that byte (a device).
     */
    public long hostForRead(long linear) {
        long entry = tlbBase + ((linear >>> 7) & tlbOffsetMask);
        long page = linear & ~0xfffL;
        if (RawMemory.get64(entry) != page) {
            memory.load(this, linear, 1);
            if (RawMemory.get64(entry) != page) {
                return 0;
            }
        }
        return linear + RawMemory.get64(entry + Tlb.ADDEND);
    }

    /** Host-physical address of the instruction byte at {@code linear}. */
    public long fetch(long linear) {
        long entry = tlbBase + ((linear >>> 7) & tlbOffsetMask);
        if (RawMemory.get64(entry + Tlb.FETCH_TAG) == (linear & ~0xfffL)) {
            return physical.hpaOf(linear + RawMemory.get64(entry + Tlb.ADDEND));
        }
        return memory.fetch(this, linear);
    }

    /** What bytes mean to this processor; as {@link Decoder#decode}. */
    public Insn decode(byte[] bytes, int offset, int available, int codeBits) {
        return Extension.restrict(Decoder.decode(bytes, offset, available, codeBits), extensions);
    }

    /** An exception without an error code; {@code throw} the result. */
    public GuestFault raise(int vector) {
        fault.nonCanonical = false;
        fault.vector = vector;
        fault.hasErrorCode = false;
        fault.errorCode = 0;
        return fault;
    }

    /** An exception with an error code; {@code throw} the result. */
    public GuestFault raise(int vector, int errorCode) {
        fault.nonCanonical = false;
        fault.vector = vector;
        fault.hasErrorCode = true;
        fault.errorCode = errorCode;
        return fault;
    }

    /** An access to a non-canonical address; {@code throw} the result. */
    public GuestFault raiseNonCanonical(long linear) {
        raise(Vector.GP, 0);
        fault.nonCanonical = true;
        fault.address = linear;
        return fault;
    }
}
