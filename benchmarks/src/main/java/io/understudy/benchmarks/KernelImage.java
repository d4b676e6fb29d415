package io.understudy.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** The prebuilt images of the kernels, and the boot-info page for loaders that write none. */
final class KernelImage {
    static final long MEMORY_BYTES = 256L << 20;

    /** Where the Multiboot entry of the image looks for the boot-info page. */
    static final long MULTIBOOT_BOOT_INFO = 0x0f00_0000L;

    private static final long BOOT_INFO_MAGIC = 0x544f_4f42_5944_5355L;
    private static final int BOOT_INFO_VERSION = 1;
    private static final int PAGE_BYTES = 4096;
    private static final int HEADER_BYTES = 48;
    private static final int PARAMETER_BYTES = 32;
    private static final int KEY_BYTES = 24;
    private static final long TSC_HZ = 1_000_000_000L;

    private KernelImage() {}

    /** ELF64 for Understudy's boot protocol. */
    static byte[] elf() {
        return resource("kernels.elf");
    }

    /** Flat Multiboot image. */
    static byte[] multiboot() {
        return resource("kernels.bin");
    }

    /** The page that {@code docs/formats/boot-info.md} describes. */
    static byte[] bootInfo(Map<String, Long> parameters) {
        ByteBuffer page = ByteBuffer.allocate(PAGE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        page.putLong(BOOT_INFO_MAGIC)
                .putInt(BOOT_INFO_VERSION)
                .putInt(parameters.size())
                .putLong(MEMORY_BYTES)
                .putLong(0)
                .putLong(TSC_HZ)
                .putLong(0);
        int at = HEADER_BYTES;
        for (Map.Entry<String, Long> p : parameters.entrySet()) {
            page.put(at, p.getKey().getBytes(StandardCharsets.US_ASCII));
            page.putLong(at + KEY_BYTES, p.getValue());
            at += PARAMETER_BYTES;
        }
        return page.array();
    }

    private static byte[] resource(String name) {
        try (InputStream in = KernelImage.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException(
                        name + " is missing: make -C benchmarks/kernels install");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new IllegalStateException("cannot read the resource " + name, e);
        }
    }
}
