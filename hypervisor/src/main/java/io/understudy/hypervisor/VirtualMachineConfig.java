package io.understudy.hypervisor;

import io.understudy.hypervisor.guest.BootProtocol;
import io.understudy.hypervisor.paging.PagingOptions;
import io.understudy.vmx.PlatformConfig;
import io.understudy.vmx.ProcessorModel;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a virtual machine is built from. Each {@code with} method gives a copy that differs in one
 * value.
 */
public final class VirtualMachineConfig {
    private static final int NS_PER_INSTRUCTION_MAX = 1_000_000;

    // Written before anyone else sees the object, never after.
    private final long memoryBytes;
    private Map<String, Long> parameters = Map.of();
    private DirtyLogMode dirtyLog = DirtyLogMode.DIRTY_BIT;
    private RunMode runMode = RunMode.PACED;
    private int nsPerInstruction = PlatformConfig.NS_PER_INSTRUCTION_DEFAULT;
    private long randomSeed = 1;
    private DirtyLogPlant plant = DirtyLogPlant.NONE;
    private boolean tlbCheck = false;
    private ProcessorModel processor = ProcessorModel.BASELINE;
    private ExitCharges exitCharges = ExitCharges.NONE;
    private @Nullable PagingOptions paging;

    private VirtualMachineConfig(long memoryBytes) {
        this.memoryBytes = memoryBytes;
    }

    /** Defaults: dirty-bit log, paced, 10 ns per instruction. */
    public static VirtualMachineConfig of(long memoryBytes) {
        return new VirtualMachineConfig(memoryBytes);
    }

    private VirtualMachineConfig with(Consumer<VirtualMachineConfig> change) {
        VirtualMachineConfig copy = new VirtualMachineConfig(memoryBytes);
        copy.parameters = parameters;
        copy.dirtyLog = dirtyLog;
        copy.runMode = runMode;
        copy.nsPerInstruction = nsPerInstruction;
        copy.randomSeed = randomSeed;
        copy.plant = plant;
        copy.tlbCheck = tlbCheck;
        copy.processor = processor;
        copy.exitCharges = exitCharges;
        copy.paging = paging;
        change.accept(copy);
        return copy;
    }

    /** Guest RAM, a multiple of 4096; untouched RAM costs nothing. */
    public long memoryBytes() {
        return memoryBytes;
    }

    /** Boot parameters of the guest, by name. */
    public Map<String, Long> parameters() {
        return parameters;
    }

    public VirtualMachineConfig withParameters(Map<String, Long> value) {
        return with(c -> c.parameters = Map.copyOf(value));
    }

    /** How dirty pages are found. */
    public DirtyLogMode dirtyLog() {
        return dirtyLog;
    }

    public VirtualMachineConfig withDirtyLog(DirtyLogMode value) {
        return with(c -> c.dirtyLog = value);
    }

    /** How virtual time relates to host time. */
    public RunMode runMode() {
        return runMode;
    }

    public VirtualMachineConfig withRunMode(RunMode value) {
        return with(c -> c.runMode = value);
    }

    /** Virtual time of one instruction. */
    public int nsPerInstruction() {
        return nsPerInstruction;
    }

    public VirtualMachineConfig withNsPerInstruction(int value) {
        return with(c -> c.nsPerInstruction = value);
    }

    /** Seed of the processor's random numbers. */
    public long randomSeed() {
        return randomSeed;
    }

    /** A bug built into the dirty log on purpose. */
    public DirtyLogPlant plant() {
        return plant;
    }

    public VirtualMachineConfig withPlant(DirtyLogPlant value) {
        return with(c -> c.plant = value);
    }

    /** Whether the processor verifies every use of a cached translation. */
    public boolean tlbCheck() {
        return tlbCheck;
    }

    public VirtualMachineConfig withTlbCheck(boolean value) {
        return with(c -> c.tlbCheck = value);
    }

    /** Model of the processor that the machine runs on. */
    public ProcessorModel processor() {
        return processor;
    }

    public VirtualMachineConfig withProcessor(ProcessorModel value) {
        return with(c -> c.processor = value);
    }

    /** Virtual time that VM exits take. */
    public ExitCharges exitCharges() {
        return exitCharges;
    }

    public VirtualMachineConfig withExitCharges(ExitCharges value) {
        return with(c -> c.exitCharges = value);
    }

    /** How its memory is paged; null if every page has a frame. */
    public @Nullable PagingOptions paging() {
        return paging;
    }

    public VirtualMachineConfig withPaging(PagingOptions value) {
        return with(c -> c.paging = value);
    }

    /**
     * @throws MachineSetupException naming the option that makes no sense
     */
    public void check() throws MachineSetupException {
        if ((memoryBytes & 4095) != 0
                || memoryBytes < BootProtocol.MEMORY_MIN
                || memoryBytes > BootProtocol.MEMORY_MAX) {
            throw new MachineSetupException(
                    "guest memory must be a multiple of 4096 from %d to %d bytes, not %d"
                            .formatted(
                                    BootProtocol.MEMORY_MIN, BootProtocol.MEMORY_MAX, memoryBytes));
        }
        if (nsPerInstruction < 1 || nsPerInstruction > NS_PER_INSTRUCTION_MAX) {
            throw new MachineSetupException(
                    "an instruction must take 1 to %d ns of virtual time, not %d"
                            .formatted(NS_PER_INSTRUCTION_MAX, nsPerInstruction));
        }
    }
}
