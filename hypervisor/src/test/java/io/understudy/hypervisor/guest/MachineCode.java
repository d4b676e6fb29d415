package io.understudy.hypervisor.guest;

import io.understudy.hypervisor.GuestImage;

/** Guests of a few bytes. */
public final class MachineCode {
    private MachineCode() {}

    /** An image that starts with these bytes, at most 4096 of them, as 0 to 255. */
    public static GuestImage image(int... code) {
        return new ElfFile(code).image();
    }
}
