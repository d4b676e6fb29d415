package io.understudy.vmx.memory;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * A private anonymous mapping with {@code MAP_NORESERVE}: pages that were never touched cost
 * nothing, so 64 GiB of sparse guest memory is only address space.
 */
public final class AnonymousMapping implements AutoCloseable {
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_PRIVATE_ANONYMOUS_NORESERVE = 0x2 | 0x20 | 0x4000;

    private static final int MADV_HUGEPAGE = 14;

    private final long address;
    private final long bytes;
    private boolean closed;

    /**
     * Maps {@code bytes} bytes of zeroes.
     *
     * @throws MappingRefusedException if the host refuses the address space
     */
    public AnonymousMapping(long bytes) {
        this.bytes = bytes;
        this.address = Native.map(bytes);
        Mappings.add(address, bytes);
    }

    /**
     * Asks for large pages, which spares the host most of its TLB misses; the first touch then
     * costs 2 MiB. A host that has none refuses, to no harm.
     */
    void adviseHugePages() {
        Native.advise(address, bytes, MADV_HUGEPAGE);
    }

    public long address() {
        return address;
    }

    public long bytes() {
        return bytes;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            Mappings.remove(address);
            Native.unmap(address, bytes);
        }
    }

    /** The system calls. */
    @SuppressWarnings("restricted")
    private static final class Native {
        private static final Linker LINKER = Linker.nativeLinker();
        private static final MethodHandle MMAP =
                LINKER.downcallHandle(
                        LINKER.defaultLookup().findOrThrow("mmap"),
                        FunctionDescriptor.of(
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_INT,
                                ValueLayout.JAVA_INT,
                                ValueLayout.JAVA_INT,
                                ValueLayout.JAVA_LONG));
        private static final MethodHandle MUNMAP =
                LINKER.downcallHandle(
                        LINKER.defaultLookup().findOrThrow("munmap"),
                        FunctionDescriptor.of(
                                ValueLayout.JAVA_INT,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_LONG));

        private static final MethodHandle MADVISE =
                LINKER.downcallHandle(
                        LINKER.defaultLookup().findOrThrow("madvise"),
                        FunctionDescriptor.of(
                                ValueLayout.JAVA_INT,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_INT));

        static long map(long bytes) {
            try {
                long a =
                        (long)
                                MMAP.invokeExact(
                                        0L,
                                        bytes,
                                        PROT_READ_WRITE,
                                        MAP_PRIVATE_ANONYMOUS_NORESERVE,
                                        -1,
                                        0L);
                if (a == -1) {
                    throw new MappingRefusedException(bytes);
                }
                return a;
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new AssertionError("mmap declares no checked exception", e);
            }
        }

        static void advise(long address, long bytes, int advice) {
            try {
                int _ = (int) MADVISE.invokeExact(address, bytes, advice);
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new AssertionError("madvise declares no checked exception", e);
            }
        }

        static void unmap(long address, long bytes) {
            try {
                int _ = (int) MUNMAP.invokeExact(address, bytes);
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new AssertionError("munmap declares no checked exception", e);
            }
        }
    }
}
