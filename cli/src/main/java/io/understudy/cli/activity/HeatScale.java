package io.understudy.cli.activity;

/**
 * How strongly a cell was used, in steps: 0 is not at all, {@link #MAX} is every page. The steps
 * grow with the square of use, so that a few pages of a large cell still show.
 */
final class HeatScale {
    static final int MAX = 8;

    private static final String SHADES = " .:-=+*#@";

    /** From dark blue to yellow, dark means little; readable without telling red from green. */
    private static final int[] COLOURS = {
        0xf7f7f7, 0xc7d7ea, 0x8fb7d9, 0x5b94c4, 0x3b6fa8, 0x5a4a8c, 0x9b4f7c, 0xd9694f, 0xf2b134
    };

    private HeatScale() {}

    /**
     * @param used pages used of {@code all}
     */
    static int level(long used, long all) {
        if (used <= 0 || all <= 0) {
            return 0;
        }
        return Math.clamp((long) Math.ceil(Math.sqrt((double) used / all) * MAX), 1, MAX);
    }

    /** Red, green and blue of a level, a byte each. */
    static int colour(int level) {
        return COLOURS[level];
    }

    static String hexColour(int level) {
        return "#%06x".formatted(COLOURS[level]);
    }

    /** A character as dense as the level. */
    static char shade(int level) {
        return SHADES.charAt(level);
    }
}
