package io.understudy.hypervisor;

import io.understudy.hypervisor.guest.BootProtocol;
import io.understudy.vmx.PlatformConfig;
import java.util.Map;

/**
 * What a virtual machine is built from.
 *
 * @param memoryBytes guest RAM, a multiple of 4096; untouched RAM costs nothing
 * @param parameters boot parameters of the guest, by name
 * @param dirtyLog how dirty pages are found
 * @param runMode how virtual time relates to host time
 * @param nsPerInstruction virtual time of one instruction
 * @param randomSeed seed of the processor's random numbers
 * @param invalidation whether translations are dropped after A/D flags were cleared; anything but
 *     {@link InvalidationPolicy#AFTER_CLEAR} is a planted bug
 * @param tlbCheck whether the processor verifies every use of a cached translation
 */
public record VirtualMachineConfig(
        long memoryBytes,
        Map<String, Long> parameters,
        DirtyLogMode dirtyLog,
        RunMode runMode,
        int nsPerInstruction,
        long randomSeed,
        InvalidationPolicy invalidation,
        boolean tlbCheck) {
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
                InvalidationPolicy.AFTER_CLEAR,
                false);
    }

    public VirtualMachineConfig withParameters(Map<String, Long> value) {
        return new VirtualMachineConfig(
                memoryBytes,
                value,
                dirtyLog,
                runMode,
                nsPerInstruction,
                randomSeed,
                invalidation,
                tlbCheck);
    }

    public VirtualMachineConfig withDirtyLog(DirtyLogMode value) {
        return new VirtualMachineConfig(
                memoryBytes,
                parameters,
                value,
                runMode,
                nsPerInstruction,
                randomSeed,
                invalidation,
                tlbCheck);
    }

    public VirtualMachineConfig withRunMode(RunMode value) {
        return new VirtualMachineConfig(
                memoryBytes,
                parameters,
                dirtyLog,
                value,
                nsPerInstruction,
                randomSeed,
                invalidation,
                tlbCheck);
    }

    public VirtualMachineConfig withInvalidation(InvalidationPolicy value) {
        return new VirtualMachineConfig(
                memoryBytes,
                parameters,
                dirtyLog,
                runMode,
                nsPerInstruction,
                randomSeed,
                value,
                tlbCheck);
    }

    public VirtualMachineConfig withTlbCheck(boolean value) {
        return new VirtualMachineConfig(
                memoryBytes,
                parameters,
                dirtyLog,
                runMode,
                nsPerInstruction,
                randomSeed,
                invalidation,
                value);
    }

    /**
     * @throws MachineSetupException naming the option that makes no sense
     */
    void check() throws MachineSetupException {
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
