package io.understudy.hypervisor;

import io.understudy.hypervisor.guest.BootProtocol;
import io.understudy.hypervisor.paging.PagingOptions;
import io.understudy.vmx.PlatformConfig;
import io.understudy.vmx.ProcessorModel;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a virtual machine is built from.
 *
 * @param memoryBytes guest RAM, a multiple of 4096; untouched RAM costs nothing
 * @param parameters boot parameters of the guest, by name
 * @param dirtyLog how dirty pages are found
 * @param runMode how virtual time relates to host time
 * @param nsPerInstruction virtual time of one instruction
 * @param randomSeed seed of the processor's random numbers
 * @param plant a bug built into the dirty log on purpose
 * @param tlbCheck whether the processor verifies every use of a cached translation
 * @param processor model of the processor that the machine runs on
 * @param exitCharges virtual time that VM exits take
 * @param paging how its memory is paged; null if every page has a frame
 */
public record VirtualMachineConfig(
        long memoryBytes,
        Map<String, Long> parameters,
        DirtyLogMode dirtyLog,
        RunMode runMode,
        int nsPerInstruction,
        long randomSeed,
        DirtyLogPlant plant,
        boolean tlbCheck,
        ProcessorModel processor,
        ExitCharges exitCharges,
        @Nullable PagingOptions paging) {
    private static final int NS_PER_INSTRUCTION_MAX = 1_000_000;

    public VirtualMachineConfig {
        parameters = Map.copyOf(parameters);
    }

    /** Defaults: dirty-bit log, paced, 10 ns per instruction. */
    public static VirtualMachineConfig of(long memoryBytes) {
        return new VirtualMachineConfig(
                memoryBytes,
                Map.of(),
                DirtyLogMode.DIRTY_BIT,
                RunMode.PACED,
                PlatformConfig.NS_PER_INSTRUCTION_DEFAULT,
                1,
                DirtyLogPlant.NONE,
                false,
                ProcessorModel.BASELINE,
                ExitCharges.NONE,
                null);
    }

    public VirtualMachineConfig withPaging(PagingOptions value) {
        return new VirtualMachineConfig(
                memoryBytes,
                parameters,
                dirtyLog,
                runMode,
                nsPerInstruction,
                randomSeed,
                plant,
                tlbCheck,
                processor,
                exitCharges,
                value);
    }

    public VirtualMachineConfig withParameters(Map<String, Long> value) {
        return new VirtualMachineConfig(
                memoryBytes,
                value,
                dirtyLog,
                runMode,
                nsPerInstruction,
                randomSeed,
                plant,
                tlbCheck,
                processor,
                exitCharges,
                paging);
    }

    public VirtualMachineConfig withDirtyLog(DirtyLogMode value) {
        return new VirtualMachineConfig(
                memoryBytes,
                parameters,
                value,
                runMode,
                nsPerInstruction,
                randomSeed,
                plant,
                tlbCheck,
                processor,
                exitCharges,
                paging);
    }

    public VirtualMachineConfig withRunMode(RunMode value) {
        return new VirtualMachineConfig(
                memoryBytes,
                parameters,
                dirtyLog,
                value,
                nsPerInstruction,
                randomSeed,
                plant,
                tlbCheck,
                processor,
                exitCharges,
                paging);
    }

    public VirtualMachineConfig withPlant(DirtyLogPlant value) {
        return new VirtualMachineConfig(
                memoryBytes,
                parameters,
                dirtyLog,
                runMode,
                nsPerInstruction,
                randomSeed,
                value,
                tlbCheck,
                processor,
                exitCharges,
                paging);
    }

    public VirtualMachineConfig withTlbCheck(boolean value) {
        return new VirtualMachineConfig(
                memoryBytes,
                parameters,
                dirtyLog,
                runMode,
                nsPerInstruction,
                randomSeed,
                plant,
                value,
                processor,
                exitCharges,
                paging);
    }

    public VirtualMachineConfig withProcessor(ProcessorModel value) {
        return new VirtualMachineConfig(
                memoryBytes,
                parameters,
                dirtyLog,
                runMode,
                nsPerInstruction,
                randomSeed,
                plant,
                tlbCheck,
                value,
                exitCharges,
                paging);
    }

    public VirtualMachineConfig withExitCharges(ExitCharges value) {
        return new VirtualMachineConfig(
                memoryBytes,
                parameters,
                dirtyLog,
                runMode,
                nsPerInstruction,
                randomSeed,
                plant,
                tlbCheck,
                processor,
                value,
                paging);
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
