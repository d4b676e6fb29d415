package io.understudy.vmx;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.execute.Flags;
import io.understudy.vmx.execute.Tracer;
import io.understudy.vmx.operation.VmxOperation;
import java.util.HexFormat;

/**
 * Writes a trace that can be compared with that of another emulator. A repeated string instruction
 * is one line, however many iterations it has.
 *
 * <pre>
 * cpu operation CS:RIP length instruction ; registers that changed since the line before
 * </pre>
 */
final class InstructionTrace implements Tracer {
    private static final String[] NAMES = {
        "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12",
        "r13", "r14", "r15"
    };

    private static final HexFormat HEX = HexFormat.of();

    private final int processor;
    private final VmxOperation vmx;
    private final TraceSink sink;
    private final long[] gpr = new long[NAMES.length];
    private long lastRip = -1;
    private long rflags;
    private long cr0;
    private long cr3;
    private long cr4;

    InstructionTrace(int processor, VmxOperation vmx, TraceSink sink) {
        this.processor = processor;
        this.vmx = vmx;
        this.sink = sink;
    }

    @Override
    public void before(Cpu cpu, Insn insn) {
        if (cpu.rip == lastRip && (insn.repeat() || insn.repeatNotEqual())) {
            return;
        }
        lastRip = cpu.rip;
        SystemState s = cpu.system;
        StringBuilder line = new StringBuilder(160);
        line.append(processor).append(vmx.isNonRoot() ? " guest " : " root ");
        line.append(HEX.toHexDigits((short) s.selector[Insn.CS])).append(':');
        line.append(HEX.toHexDigits(cpu.rip)).append(' ').append(insn.length()).append(' ');
        line.append(insn).append(" ;");
        for (int i = 0; i < NAMES.length; i++) {
            gpr[i] = changed(line, NAMES[i], gpr[i], cpu.gpr[i]);
        }
        rflags = changed(line, "rflags", rflags, Flags.rflags(cpu));
        cr0 = changed(line, "cr0", cr0, s.cr0);
        cr3 = changed(line, "cr3", cr3, s.cr3);
        cr4 = changed(line, "cr4", cr4, s.cr4);
        sink.line(line.toString());
    }

    private static long changed(StringBuilder line, String name, long before, long now) {
        if (before != now) {
            line.append(' ').append(name).append('=').append(Long.toHexString(now));
        }
        return now;
    }
}
