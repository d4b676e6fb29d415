package io.understudy.vmx;

/**
 * What a platform is built from.
 *
 * @param memoryBytes host-physical memory, a positive multiple of 4096; untouched memory costs
 *     nothing
 * @param logicalProcessors number of logical processors, at least 1
 * @param nsPerInstruction virtual time that one retired instruction takes
 * @param randomSeed seed of RDRAND and RDSEED
 * @param tlbCheck re-walk the tables on every TLB hit and report the first stale use
 * @param model of every logical processor
 */
public record PlatformConfig(
        long memoryBytes,
        int logicalProcessors,
        int nsPerInstruction,
        long randomSeed,
        boolean tlbCheck,
        ProcessorModel model) {
    public static final int NS_PER_INSTRUCTION_DEFAULT = 10;

    public PlatformConfig {
        if (logicalProcessors < 1) {
            throw new IllegalArgumentException("a platform needs at least 1 logical processor");
        }
        if (nsPerInstruction < 1) {
            throw new IllegalArgumentException(
                    "an instruction takes at least 1 ns of virtual time");
        }
    }

    public static PlatformConfig of(long memoryBytes) {
        return new PlatformConfig(
                memoryBytes, 1, NS_PER_INSTRUCTION_DEFAULT, 1, false, ProcessorModel.BASELINE);
    }
}
