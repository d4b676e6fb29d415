package io.understudy.vmx.x87;

import io.understudy.vmx.softfloat.FloatEnvironment;

/**
 * The constants that the x87 loads: the two extended values around each, and the nearer one. All
 * are positive or exact (SDM volume 2, "FLD1/FLDL2T/FLDL2E/FLDPI/FLDLG2/FLDLN2/FLDZ").
 */
public enum X87Constant {
    ONE(0x3fff, 0x8000_0000_0000_0000L, 0, 0),
    LOG2_OF_TEN(0x4000, 0xd49a_784b_cd1b_8afeL, 0, 1),
    LOG2_OF_E(0x3fff, 0xb8aa_3b29_5c17_f0bcL, -1, 0),
    PI(0x4000, 0xc90f_daa2_2168_c235L, -1, 0),
    LOG10_OF_TWO(0x3ffd, 0x9a20_9a84_fbcf_f799L, -1, 0),
    LN_OF_TWO(0x3ffe, 0xb172_17f7_d1cf_79acL, -1, 0),
    ZERO(0, 0, 0, 0);

    private final int signExponent;
    private final long nearest;
    private final int towardsZero;
    private final int up;

    /**
     * @param towardsZero added to the significand to round down or towards zero
     * @param up added to round up
     */
    X87Constant(int signExponent, long nearest, int towardsZero, int up) {
        this.signExponent = signExponent;
        this.nearest = nearest;
        this.towardsZero = towardsZero;
        this.up = up;
    }

    void round(int rounding, Extended x) {
        int step =
                switch (rounding) {
                    case FloatEnvironment.NEAREST -> 0;
                    case FloatEnvironment.UP -> up;
                    default -> towardsZero;
                };
        x.set(signExponent, nearest + step);
    }
}
