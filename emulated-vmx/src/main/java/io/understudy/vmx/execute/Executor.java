package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.BoundaryHook;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.ExactAccess;
import io.understudy.vmx.cpu.GuestFault;
import io.understudy.vmx.cpu.VmExitSignal;
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
    private @Nullable Tracer tracer;

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
        this.builder = new BlockBuilder(system, new TerminatorFactory(system, jumps));
    }

    /** From now on tells {@code receiver} of every instruction; slow. */
    public void traceTo(Tracer receiver) {
        tracer = receiver;
    }

    /**
     * Executes until a VM exit to a host that is no code, which it returns, or until a signal other
     * than {@link GuestFault} ends the run, which it throws.
     */
    public VmExitSignal run() {
        Tracer receiver = tracer;
        if (receiver != null) {
            return runTraced(receiver);
        }
        // A local: the calls inside would make every use of the field a load.
        Cpu cpu = this.cpu;
        Block block = null;
        while (true) {
            try {
                while (true) {
                    if (block == null || block.cost > cpu.budget) {
                        Block stopped = block;
                        block = null;
                        if (cpu.budget <= 0) {
                            VmExitSignal exit = boundary(stopped);
                            if (exit == null) {
                                stopped = null;
                            } else if (hook.goesOnInHost(cpu, exit)) {
                                continue;
                            } else {
                                return exit;
                            }
                        }
                        block = stopped == null || stopped.dropped ? lookup() : stopped;
                        if (cpu.stepsBranches) {
                            announceStep(block);
                        }
                    }
                    cpu.gpr[Insn.RIP_BASE] = cpu.rip;
                    if (block.cost > cpu.budget) {
                        block.runPartially(cpu, cpu.budget);
                        throwSignal(block);
                        retire(block);
                        Block stopped = block;
                        block = null;
                        sample(stopped);
                        continue;
                    }
                    Block from = block;
                    block = block.run(cpu);
                    if (block == null) {
                        block = from;
                        throwSignal(block);
                        block = null;
                        block = successor(from);
                    }
                }
            } catch (GuestFault fault) {
                VmExitSignal exit = take(fault, block);
                if (exit != null) {
                    return exit;
                }
                block = null;
            } catch (ExactAccess access) {
                if (block != null) {
                    retire(block);
                    block = null;
                }
                cpu.stepExactly();
            } catch (VmExitSignal exit) {
                retireInterrupted(block);
                block = null;
                if (!hook.goesOnInHost(cpu, exit)) {
                    return exit;
                }
            } catch (RuntimeException signal) {
                retireInterrupted(block);
                throw signal;
            }
        }
    }

    /** As {@link #run}, where every budget is one instruction. */
    private VmExitSignal runTraced(Tracer receiver) {
        while (true) {
            Block block = null;
            try {
                while (true) {
                    block = null;
                    if (cpu.budget <= 0) {
                        VmExitSignal exit = boundary(null);
                        if (exit != null && hook.goesOnInHost(cpu, exit)) {
                            continue;
                        } else if (exit != null) {
                            return exit;
                        }
                    }
                    block = lookup();
                    if (cpu.stepsBranches) {
                        announceStep(block);
                    }
                    cpu.gpr[Insn.RIP_BASE] = cpu.rip;
                    receiver.before(cpu, builder.decodeAgain(cpu, block, 0));
                    if (block.cost > cpu.budget) {
                        block.runPartially(cpu, cpu.budget);
                        throwSignal(block);
                        retire(block);
                    } else {
                        block.run(cpu);
                        throwSignal(block);
                        if (block.interrupted) {
                            retire(block);
                        }
                        block.end.missed = null;
                    }
                }
            } catch (GuestFault fault) {
                VmExitSignal exit = take(fault, block);
                if (exit != null) {
                    return exit;
                }
            } catch (ExactAccess access) {
                cpu.stepExactly();
            } catch (VmExitSignal exit) {
                retireInterrupted(block);
                if (!hook.goesOnInHost(cpu, exit)) {
                    return exit;
                }
            } catch (RuntimeException signal) {
                retireInterrupted(block);
                throw signal;
            }
        }
    }

    /** A throw that ends in the caller, where it is inlined, is a jump. */
    private static void throwSignal(Block block) {
        RuntimeException signal = block.takeSignal();
        if (signal != null) {
            throw signal;
        }
    }

    /** Returns the VM exit that the exception or its delivery caused and that ends the run. */
    private @Nullable VmExitSignal take(GuestFault fault, @Nullable Block block) {
        try {
            deliver(fault, block);
            return null;
        } catch (VmExitSignal exit) {
            return hook.goesOnInHost(cpu, exit) ? null : exit;
        }
    }

    /**
     * An instruction raised an exception.
     *
     * @param block the block that was running, or null if the fetch of one faulted
     */
    private void deliver(GuestFault fault, @Nullable Block block) {
        if (block != null) {
            long start = cpu.rip;
            retire(block);
            if (fault.nonCanonical) {
                int offset = (int) (cpu.rip - start);
                Insn insn = builder.decodeAgain(cpu, block, offset);
                StackFaults.correct(cpu, fault, insn, offset + insn.length());
            }
        }
        cpu.exact = true;
        hook.onFault(cpu, fault);
        cpu.exact = false;
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

    /** As {@link #retire}, and tells the length of the instruction that did not complete. */
    private void retireInterrupted(@Nullable Block block) {
        cpu.interruptedBytes = 0;
        if (block != null) {
            int completed = block.takeCompleted(cpu);
            int at = block.offset(completed);
            cpu.rip += at;
            cpu.budget -= completed;
            cpu.interruptedBytes =
                    completed < block.instructions ? block.offset(completed + 1) - at : 0;
        }
    }

    /**
     * The budget is used up.
     *
     * @param block the one that it ended before, if it is known
     * @return the VM exit that there is instead of another instruction
     */
    private @Nullable VmExitSignal boundary(@Nullable Block block) {
        if (block != null) {
            sample(block);
        }
        cpu.exact = true;
        VmExitSignal exit = hook.atBoundary(cpu);
        cpu.exact = exit == null && cpu.budget == 1;
        if (exit != null) {
            cpu.interruptedBytes = 0;
        }
        return exit;
    }

    /** Tells the hook what the first instruction of {@code block}, and of the budget, is. */
    private void announceStep(Block block) {
        hook.beforeStep(TakenBranch.isNext(cpu, builder.decodeAgain(cpu, block, 0)));
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
        long linear = cpu.codeLinear();
        long hpa = cpu.fetch(linear);
        long limit = limit();
        block = blocks.find(hpa, cpu.codeMode);
        if (block != null && block.crossesPage() && secondPageMoved(block, linear)) {
            blocks.remove(block);
            block = null;
        }
        if (block == null || block.lengthBytes() > limit) {
            boolean keep = block == null;
            block = builder.build(cpu, linear, hpa, limit);
            if (!keep) {
                // Another code segment on the same bytes runs on where this one ends.
                return block;
            }
            blocks.add(block);
        }
        jumps.put(cpu, block);
        return block;
    }

    /** Bytes from RIP to the limit of the code segment. */
    private long limit() {
        return cpu.legacy
                ? Integer.toUnsignedLong(cpu.system.limit[Insn.CS]) - cpu.rip + 1
                : Long.MAX_VALUE;
    }

    /** Fetches the second page, which may fault, as executing the instruction would. */
    private boolean secondPageMoved(Block block, long linear) {
        return cpu.fetch((linear | PhysicalMemory.PAGE_BYTES - 1) + 1) != block.secondHpa;
    }
}
