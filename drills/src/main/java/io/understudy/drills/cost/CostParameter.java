package io.understudy.drills.cost;

import java.util.Optional;

/** A kind of event, or of hardware property, that the cost model puts a price on. */
public enum CostParameter {
    CLOCK("clock", Dimension.FREQUENCY),
    INSTRUCTION("instruction", Dimension.TIME),
    EXIT("exit", Dimension.TIME),
    VMFUNC("vmfunc", Dimension.TIME),
    EPT_VIOLATION("ept-violation", Dimension.TIME),
    EMULATION("emulation", Dimension.TIME),
    NOTIFICATION("notification", Dimension.TIME),
    PAGE_IN("page-in", Dimension.TIME),
    ASSIST("ad-assist", Dimension.TIME),
    PML_LOG("pml-log", Dimension.TIME),
    PML_FULL("pml-full", Dimension.TIME),
    SPLIT("split", Dimension.TIME),
    TLB_REFILL("tlb-refill", Dimension.TIME),
    TLB_ENTRIES("tlb-entries", Dimension.COUNT),
    ENTRY_READ("entry-read", Dimension.TIME),
    ENTRY_CLEAR("entry-clear", Dimension.TIME),
    PML_DRAIN("pml-drain", Dimension.TIME),
    BITMAP_WORD("bitmap-word", Dimension.TIME),
    INVEPT("invept", Dimension.TIME),
    IPI("ipi", Dimension.TIME),
    MERGE("merge", Dimension.TIME),
    PAGE_COPY("page-copy", Dimension.TIME);

    /** What a parameter's unit must be one of. */
    enum Dimension {
        TIME("cycles, ns or us"),
        FREQUENCY("GHz"),
        COUNT("count");

        private final String units;

        Dimension(String units) {
            this.units = units;
        }

        /** The units that fit, in words. */
        String units() {
            return units;
        }
    }

    private final String fileName;
    private final Dimension dimension;

    CostParameter(String fileName, Dimension dimension) {
        this.fileName = fileName;
        this.dimension = dimension;
    }

    /** As written in a costs file. */
    public String fileName() {
        return fileName;
    }

    Dimension dimension() {
        return dimension;
    }

    static Optional<CostParameter> of(String fileName) {
        for (CostParameter p : values()) {
            if (p.fileName.equals(fileName)) {
                return Optional.of(p);
            }
        }
        return Optional.empty();
    }
}
