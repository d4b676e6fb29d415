package io.understudy.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32;

/** Reads and checks what the counter guest prints. */
final class CounterOutput {
    private CounterOutput() {}

    /** Lets everything out that was written, and returns it from the first byte on. */
    static String releaseAll(VirtualMachine machine) {
        machine.output().release(machine.output().writtenOffset());
        StringBuilder text = new StringBuilder();
        byte[] buffer = new byte[8192];
        long offset = machine.output().retainedOffset();
        int n;
        while ((n = machine.output().read(offset, buffer)) > 0) {
            text.append(new String(buffer, 0, n, StandardCharsets.US_ASCII));
            offset += n;
        }
        return text.toString();
    }

    /** Numbers of the complete lines, each of them checked. */
    static long[] lineNumbers(String text) {
        String complete = text.substring(0, text.lastIndexOf('\n') + 1);
        return Arrays.stream(complete.split("\n"))
                .filter(l -> !l.isEmpty())
                .mapToLong(CounterOutput::number)
                .toArray();
    }

    private static long number(String line) {
        assertThat(line).matches("line [0-9]{8} state [0-9a-f]{8} crc [0-9a-f]{8}");
        CRC32 crc = new CRC32();
        crc.update(line.substring(0, 28).getBytes(StandardCharsets.US_ASCII), 0, 28);
        assertThat(line.substring(33)).as(line).isEqualTo("%08x".formatted(crc.getValue()));
        return Long.parseLong(line.substring(5, 13));
    }

    /** The lines from {@code first} on, without a gap or a repetition. */
    static void assertConsecutive(long[] numbers, long first) {
        for (int i = 0; i < numbers.length; i++) {
            assertThat(numbers[i]).isEqualTo(first + i);
        }
    }
}
