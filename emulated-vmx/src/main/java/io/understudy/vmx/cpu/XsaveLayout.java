package io.understudy.vmx.cpu;

/**
 * The standard format of an XSAVE area (SDM volume 1, "XSAVE Area").
 *
 * <pre>
 * +0 image of FXSAVE, 512 bytes | +512 header, 64 bytes | +2688 PKRU, 8 bytes
 * </pre>
 *
 * <p>PKRU lies where processors have it that have AVX and AVX-512 too; CPUID tells the place.
 */
public final class XsaveLayout {
    /** Of the image of FXSAVE. */
    public static final int LEGACY_BYTES = 512;

    /** Legacy region and header. */
    public static final int MINIMUM_BYTES = 576;

    /** Number of the state component. */
    public static final int PKRU_COMPONENT = 9;

    public static final int PKRU_OFFSET = 2688;
    public static final int PKRU_BYTES = 8;

    private XsaveLayout() {}

    /** Bytes of an area with the state components of {@code components}. */
    public static int bytes(long components) {
        return (components & SystemState.XCR0_PKRU) != 0 ? PKRU_OFFSET + PKRU_BYTES : MINIMUM_BYTES;
    }
}
