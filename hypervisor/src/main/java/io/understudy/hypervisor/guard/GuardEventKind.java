package io.understudy.hypervisor.guard;

/** What happened to a descriptor table or to the register that points to it. */
public enum GuardEventKind {
    SGDT("sgdt", false, true),
    SIDT("sidt", false, true),
    LGDT("lgdt", true, false),
    LIDT("lidt", true, false),
    SLDT("sldt", false, true),
    STR("str", false, true),
    LLDT("lldt", true, false),
    LTR("ltr", true, false),
    /** An instruction, or the processor itself, wrote into a table. */
    WRITE("write", false, false),
    /** The page tables lead to other memory at a table's address than before. */
    REMAP("remap", false, false),
    /** The content is another without a write that was seen. */
    FOUND("found", false, false);

    private final String key;
    private final boolean isLoad;
    private final boolean isStore;

    GuardEventKind(String key, boolean isLoad, boolean isStore) {
        this.key = key;
        this.isLoad = isLoad;
        this.isStore = isStore;
    }

    /** Name in reports. */
    public String key() {
        return key;
    }

    /** Whether it is an instruction that loads a table register. */
    public boolean isLoad() {
        return isLoad;
    }

    /** Whether it is an instruction that stores a table register. */
    public boolean isStore() {
        return isStore;
    }

    /**
     * The instruction that an exit's information names.
     *
     * @param isSegment whether the exit was for LDTR or TR, rather than GDTR or IDTR
     * @param identity bits 29:28 of the VM-exit instruction information
     */
    public static GuardEventKind of(boolean isSegment, int identity) {
        return switch (identity) {
            case 0 -> isSegment ? SLDT : SGDT;
            case 1 -> isSegment ? STR : SIDT;
            case 2 -> isSegment ? LLDT : LGDT;
            case 3 -> isSegment ? LTR : LIDT;
            default -> throw new IllegalArgumentException("identity " + identity);
        };
    }
}
