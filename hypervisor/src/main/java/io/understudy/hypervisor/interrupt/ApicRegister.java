package io.understudy.hypervisor.interrupt;

/**
 * Registers of a local APIC by their index: offset in the xAPIC page divided by 16, MSR number less
 * 800H (SDM volume 3, "Local APIC Register Address Map").
 */
final class ApicRegister {
    static final int ID = 0x02;
    static final int VERSION = 0x03;
    static final int TPR = 0x08;
    static final int PPR = 0x0a;
    static final int EOI = 0x0b;
    static final int LDR = 0x0d;
    static final int DFR = 0x0e;
    static final int SVR = 0x0f;
    static final int ISR = 0x10;
    static final int TMR = 0x18;
    static final int IRR = 0x20;
    static final int ESR = 0x28;
    static final int ICR = 0x30;
    static final int ICR_HIGH = 0x31;
    static final int LVT_TIMER = 0x32;
    static final int LVT_ERROR = 0x37;
    static final int INITIAL_COUNT = 0x38;
    static final int CURRENT_COUNT = 0x39;
    static final int DIVIDE = 0x3e;
    static final int SELF_IPI = 0x3f;

    /** One more than the highest. */
    static final int COUNT = 0x40;

    /** For counters: MOV to and from CR8, which is the TPR by another way. */
    static final int CR8 = COUNT;

    /** For counters: IA32_TSC_DEADLINE. */
    static final int TSC_DEADLINE = COUNT + 1;

    static final int COUNTED = COUNT + 2;

    private ApicRegister() {}

    /** In kebab case; one name for all of the ISR, of the TMR, of the IRR. */
    static String name(int index) {
        if (index >= ISR && index < TMR) {
            return "isr";
        }
        if (index >= TMR && index < IRR) {
            return "tmr";
        }
        if (index >= IRR && index < ESR) {
            return "irr";
        }
        return switch (index) {
            case ID -> "id";
            case VERSION -> "version";
            case TPR -> "tpr";
            case PPR -> "ppr";
            case EOI -> "eoi";
            case LDR -> "ldr";
            case DFR -> "dfr";
            case SVR -> "svr";
            case ESR -> "esr";
            case ICR -> "icr";
            case ICR_HIGH -> "icr-high";
            case LVT_TIMER -> "lvt-timer";
            case 0x33, 0x34, 0x35, 0x36, LVT_ERROR -> "lvt-other";
            case INITIAL_COUNT -> "initial-count";
            case CURRENT_COUNT -> "current-count";
            case DIVIDE -> "divide";
            case SELF_IPI -> "self-ipi";
            case CR8 -> "cr8";
            case TSC_DEADLINE -> "tsc-deadline";
            default -> "reserved";
        };
    }
}
