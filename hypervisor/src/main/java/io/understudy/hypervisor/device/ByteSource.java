package io.understudy.hypervisor.device;

/** What comes in over a serial line. */
public interface ByteSource {
    /** A line on which nobody sends. */
    ByteSource SILENT =
            new ByteSource() {
                @Override
                public boolean isReady() {
                    return false;
                }

                @Override
                public int read() {
                    throw new IllegalStateException("a silent line is never ready");
                }
            };

    boolean isReady();

    /** Takes the next byte, 0 to 255; call only if one {@link #isReady}. */
    int read();
}
