package io.understudy.drills.interrupts;

import io.understudy.checkpoint.digest.Digest;
import io.understudy.hypervisor.interrupt.ApicMode;
import io.understudy.hypervisor.interrupt.GuestReport;
import io.understudy.hypervisor.interrupt.InterruptStage;
import java.util.Map;
import java.util.TreeMap;

/**
 * One stage at the end of its run.
 *
 * @param exits VM exits of all vCPUs
 * @param exitsByReason by the SDM's name in kebab case
 * @param exitsByRegister those about a register of the local APIC, by register and direction
 * @param instructionEmulations instructions that software decoded and executed for the guest
 * @param exitsWithoutDecode exits after an instruction whose effect was in memory already
 * @param notificationsSent posted-interrupt notifications
 * @param kicksSent interrupts sent to a processor only to make its vCPU exit
 * @param hostNs time it took, host clock
 * @param output what the guest wrote to its serial line
 * @param guestEnd one sentence if the guest ended, else empty
 * @param guestFailed whether it ended in any other way than by exiting with 0
 */
public record StageResult(
        InterruptStage stage,
        long exits,
        Map<String, Long> exitsByReason,
        Map<String, Long> exitsByRegister,
        long instructionEmulations,
        long exitsWithoutDecode,
        long notificationsSent,
        long kicksSent,
        long instructions,
        long virtualNs,
        long hostNs,
        GuestReport report,
        Digest digest,
        String output,
        String guestEnd,
        boolean guestFailed) {
    public StageResult {
        exitsByReason = new TreeMap<>(exitsByReason);
        exitsByRegister = new TreeMap<>(exitsByRegister);
    }

    /** Share of the first stage's exits that this one does not have. */
    public double eliminatedPercent(StageResult first) {
        return percent(first.exits - exits, first.exits);
    }

    /**
     * Share of the first stage's exits that this one still has, but without an instruction to
     * decode and execute. In x2APIC mode none had one: exits for MSRs name the register.
     */
    public double cheapenedPercent(StageResult first) {
        boolean decoded = first.stage.mode() == ApicMode.XAPIC;
        return decoded ? percent(exitsWithoutDecode - first.exitsWithoutDecode, first.exits) : 0;
    }

    private static double percent(long part, long whole) {
        return whole == 0 ? 0 : 100.0 * part / whole;
    }
}
