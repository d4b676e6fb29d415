package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.BoundaryHook;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.GuestFault;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.memory.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/**
 * Runs the instructions of one logical processor as decoded blocks.
 *
 * <p>{@link Cpu#budget} goes down by one for every completed instruction, one iteration of a
 * repeated string instruction counting as one. {@link BoundaryHook#atBoundary} runs between
 * instructions whenever the budget is not positive. {@link GuestFault} is caught here and nowhere
 * else. Whatever leaves {@link #run} leaves RIP at the instruction that did not complete, and the
 * budget exact.
 */
public final class Executor {
    private static final int CODE_BITS = 64;

    /** At a thousand budgets a second, a block that takes a hundredth of the time in two. */
    private static final int HOT_SAMPLES = 16;

    private final Cpu cpu;
    private final BoundaryHook hook;
    private final BlockCache blocks;
    private final BlockBuilder builder;
    private final BlockCompiler compiler = new BlockCompiler();
    private final int hotSamples;
    private final JumpCache jumps = new JumpCache();
    private long compiledBlocks;

    public Executor(Cpu cpu, SystemInstructions system, BoundaryHook hook) {
        this(cpu, system, hook, HOT_SAMPLES);
    }

    /**
     * @param hotSamples budgets that must end in a block before it is compiled
     */
    Executor(Cpu cpu, SystemInstructions system, BoundaryHook hook, int hotSamples) {
        this.cpu = cpu;
        this.hook = hook;
        this.hotSamples = hotSamples;
        this.blocks = new BlockCache(cpu.physical);
        this.builder = new BlockBuilder(new TerminatorFactory(system, jumps));
    }

    /** Executes until an exception other than {@link GuestFault} ends the run, which it throws. */
    public void run() {
        // A local: the calls inside would make every use of the field a load.
        Cpu cpu = this.cpu;
        Block block = null;
        while (true) {
            try {
                while (true) {
                    if (block == null || block.cost > cpu.budget) {
                        Block stopped = block;
                        block = null;
                        block = runnable(stopped);
                    }
                    cpu.gpr[Insn.RIP_BASE] = cpu.rip;
                    if (block.cost > cpu.budget) {
                        block.runPartially(cpu, cpu.budget);
                        retire(block);
                        Block stopped = block;
                        block = null;
                        sample(stopped);
                        continue;
                    }
                    Block from = block;
                    block = block.run(cpu);
                    if (block == null) {
                        block = successor(from);
                    }
                }
            } catch (GuestFault fault) {
                if (block != null) {
                    long start = cpu.rip;
                    retire(block);
                    if (fault.nonCanonical) {
                        int offset = (int) (cpu.rip - start);
                        Insn insn = builder.decodeAgain(cpu, block, offset);
                        StackFaults.correct(cpu, fault, insn, offset + insn.length());
                    }
                    block = null;
                }
                hook.onFault(cpu, fault);
            } catch (RuntimeException signal) {
                if (block != null) {
                    retire(block);
                }
                throw signal;
            }
        }
    }

    /** Blocks compiled so far, those that were dropped since among them. */
    long compiledBlocks() {
        return compiledBlocks;
    }

    /** Drops every decoded block, so that the next instruction is decoded anew. */
    public void dropBlocks() {
        blocks.dropAll();
    }

    /** RIP and budget after the instructions of a block that completed before its run ended. */
    private void retire(Block block) {
        int completed = block.takeCompleted(cpu);
        cpu.rip += block.offset(completed);
        cpu.budget -= completed;
    }

    /**
     * A block that is not dropped, at RIP, with a budget of at least one instruction.
     *
     * @param candidate the block at RIP if it is known
     */
    private Block runnable(@Nullable Block candidate) {
        Block block = candidate;
        if (cpu.budget <= 0) {
            if (candidate != null) {
                sample(candidate);
            }
            hook.atBoundary(cpu);
            block = null;
        }
        return block == null || block.dropped ? lookup() : block;
    }

    /** Notes that a budget ended at or in {@code block}, and compiles it once that makes it hot. */
    private void sample(Block block) {
        if (!block.dropped && ++block.samples == hotSamples) {
            blocks.replace(block, compiler.compile(block));
            compiledBlocks++;
        }
    }

    /** Settles a run that did not know its successor and finds it; null at a boundary. */
    private @Nullable Block successor(Block from) {
        if (from.interrupted) {
            retire(from);
            return null;
        }
        Link link = from.end.missed;
        from.end.missed = null;
        if (cpu.budget <= 0) {
            return null;
        }
        Block next = lookup();
        if (link != null && !from.dropped) {
            link.bind(next, cpu.rip, cpu.translationGeneration);
        }
        return next;
    }

    private Block lookup() {
        Block block = jumps.find(cpu);
        if (block != null) {
            return block;
        }
        long hpa = cpu.fetch(cpu.rip);
        block = blocks.find(hpa, CODE_BITS);
        if (block != null && block.crossesPage() && secondPageMoved(block)) {
            blocks.remove(block);
            block = null;
        }
        if (block == null) {
            block = builder.build(cpu, hpa, CODE_BITS);
            blocks.add(block);
        }
        jumps.put(cpu, block);
        return block;
    }

    /** Fetches the second page, which may fault, as executing the instruction would. */
    private boolean secondPageMoved(Block block) {
        return cpu.fetch((cpu.rip | PhysicalMemory.PAGE_BYTES - 1) + 1) != block.secondHpa;
    }
}
