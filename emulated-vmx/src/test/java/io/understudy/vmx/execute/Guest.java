package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.BoundaryHook;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.GuestFault;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.cpu.VmExitSignal;
import io.understudy.vmx.decode.Opcode;
import io.understudy.vmx.memory.PhysicalMemory;
import io.understudy.vmx.memory.RawMemory;
import io.understudy.vmx.memory.Tlb;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A processor for tests of the executor: 64-bit code, linear addresses translated page by page from
 * a table of the test, no privileges. HLT ends a run, and so do faults unless the test takes them.
 */
final class Guest implements Cpu.MemoryUnit, SystemInstructions, BoundaryHook, AutoCloseable {
    static final long CODE = 0x10000;
    static final long DATA = 0x20000;
    static final long STACK = 0x40000;
    private static final int PAGES = 1024;

    /** Ends {@link Executor#run}. */
    static final class Stop extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Stop() {
            super(null, null, false, false);
        }
    }

    final PhysicalMemory physical = new PhysicalMemory(PAGES * 4096L);
    final Cpu cpu = new Cpu(physical, this);
    final Executor executor;

    /** Frame of each linear page, or -1. */
    final long[] frames = new long[PAGES];

    final boolean[] readOnly = new boolean[PAGES];

    /** Pages whose accesses never get a tag, as those of a device. */
    final boolean[] device = new boolean[PAGES];

    final List<Opcode> systemInstructions = new ArrayList<>();

    /** Linear pages fetched through the slow path, in order. */
    final List<Long> fetches = new ArrayList<>();

    /** Vector of the fault that ended the run, or -1. */
    int vector = -1;

    long faultRip;
    long faultAddress;
    boolean budgetEnded;
    private long granted;
    private final Tlb tlb = new Tlb(64);
    private final Stop stop = new Stop();

    Guest() {
        this(Integer.MAX_VALUE);
    }

    /**
     * @param hotSamples budgets that must end in a block before it is compiled
     */
    Guest(int hotSamples) {
        executor = new Executor(cpu, this, this, hotSamples);
        for (int p = 0; p < PAGES; p++) {
            frames[p] = p;
        }
        cpu.tlbBase = tlb.base();
        cpu.tlbOffsetMask = tlb.offsetMask();
        cpu.gpr[Cpu.RSP] = STACK;
        physical.addCodeListener(
                new PhysicalMemory.CodeListener() {
                    @Override
                    public void codeFrameMarked(long frame) {
                        flush();
                    }
                });
    }

    static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }

    /** Puts bytes at a linear address that lies in identity-mapped memory. */
    Guest put(long linear, String hex) {
        byte[] b = bytes(hex);
        for (int i = 0; i < b.length; i++) {
            physical.write8(linear + i, b[i]);
        }
        return this;
    }

    /** Runs {@code hex} followed by HLT from {@link #CODE}. */
    Guest run(String hex) {
        put(CODE, hex + " f4");
        cpu.rip = CODE;
        return resume(Long.MAX_VALUE);
    }

    /** Goes on for at most {@code instructions}. */
    Guest resume(long instructions) {
        vector = -1;
        budgetEnded = false;
        granted = instructions;
        cpu.budget = instructions;
        try {
            executor.run();
        } catch (Stop expected) {
            return this;
        }
        throw new AssertionError("run() never returns");
    }

    /** Instructions retired by the last run, its HLT not among them. */
    long retired() {
        return granted - cpu.budget;
    }

    long reg(int register) {
        return cpu.gpr[register];
    }

    void flush() {
        tlb.flush();
        cpu.translationGeneration++;
    }

    void map(long linear, long frame) {
        frames[(int) (linear >>> 12)] = frame;
        flush();
    }

    @Override
    public void close() {
        tlb.close();
        physical.close();
    }

    @Override
    public long load(Cpu c, long linear, int bytes) {
        long value = 0;
        translate(linear, false);
        translate(linear + bytes - 1, false);
        for (int i = 0; i < bytes; i++) {
            value |= (long) physical.read8(translate(linear + i, false)) << (8 * i);
        }
        fill(linear, 0, frame(linear));
        return value;
    }

    @Override
    public void store(Cpu c, long linear, int bytes, long value) {
        translate(linear, true);
        translate(linear + bytes - 1, true);
        for (int i = 0; i < bytes; i++) {
            physical.write8(translate(linear + i, true), (int) (value >>> (8 * i)));
        }
        probeWrite(c, linear, bytes);
    }

    @Override
    public @Nullable RuntimeException tryStore(Cpu c, long linear, int bytes, long value) {
        try {
            store(c, linear, bytes, value);
            return null;
        } catch (GuestFault fault) {
            return fault;
        }
    }

    @Override
    public void probeWrite(Cpu c, long linear, int bytes) {
        long hpa = translate(linear, true);
        translate(linear + bytes - 1, true);
        if (!physical.isCode(hpa >>> 12)) {
            fill(linear, Tlb.WRITE_TAG, hpa >>> 12);
        }
    }

    @Override
    public long fetch(Cpu c, long linear) {
        long hpa = translate(linear, false);
        fetches.add(linear & ~0xfffL);
        fill(linear, Tlb.FETCH_TAG, hpa >>> 12);
        return hpa;
    }

    private long frame(long linear) {
        return frames[(int) (linear >>> 12)];
    }

    private long translate(long linear, boolean write) {
        if (linear << 16 >> 16 != linear) {
            throw cpu.raiseNonCanonical(linear);
        }
        long page = linear >>> 12;
        if (page >= PAGES
                || page < 0
                || frames[(int) page] < 0
                || (write && readOnly[(int) page])) {
            cpu.fault.address = linear;
            throw cpu.raise(Vector.PF, write ? 2 : 0);
        }
        return frames[(int) page] << 12 | (linear & 0xfff);
    }

    private void fill(long linear, int tag, long frame) {
        if (device[(int) (linear >>> 12)]) {
            return;
        }
        long entry = tlb.entry(linear);
        long page = linear & ~0xfffL;
        long addend = physical.host(frame << 12) - page;
        if (RawMemory.get64(entry + Tlb.ADDEND) != addend) {
            RawMemory.put64(entry, Tlb.INVALID);
            RawMemory.put64(entry + Tlb.WRITE_TAG, Tlb.INVALID);
            RawMemory.put64(entry + Tlb.FETCH_TAG, Tlb.INVALID);
            RawMemory.put64(entry + Tlb.ADDEND, addend);
        }
        RawMemory.put64(entry + tag, page);
    }

    @Override
    public Operation of(Opcode opcode) {
        return (c, insn) -> {
            systemInstructions.add(opcode);
            if (opcode == Opcode.HLT) {
                throw stop;
            }
            cpu.rip += insn.length();
        };
    }

    @Override
    public VmExitSignal atBoundary(Cpu c) {
        budgetEnded = true;
        throw stop;
    }

    @Override
    public void onFault(Cpu c, GuestFault fault) {
        vector = fault.vector;
        faultRip = cpu.rip;
        faultAddress = fault.address;
        throw stop;
    }
}
