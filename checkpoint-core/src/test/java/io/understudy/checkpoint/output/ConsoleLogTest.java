package io.understudy.checkpoint.output;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.StateReader;
import io.understudy.checkpoint.StateWriter;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class ConsoleLogTest {
    private final ConsoleLog log = new ConsoleLog("console");

    @Test
    void nothingIsReadBeforeItIsReleased() {
        write("hello world");
        assertThat(readFrom(0)).isEmpty();
        log.release(5);
        assertThat(readFrom(0)).isEqualTo("hello");
        assertThat(readFrom(3)).isEqualTo("lo");
        assertThat(readFrom(9)).isEmpty();
        log.release(2);
        assertThat(log.releasedOffset()).isEqualTo(5);
        assertThat(log.writtenOffset()).isEqualTo(11);
    }

    @Test
    void releaseTellsListenersOnlyWhenItMoves() {
        AtomicInteger calls = new AtomicInteger();
        log.onRelease(calls::incrementAndGet);
        write("abc");
        log.release(2);
        log.release(2);
        log.release(1);
        assertThat(calls).hasValue(1);
        assertThatThrownBy(() -> log.release(4)).hasMessageContaining("only 3 bytes");
    }

    @Test
    void historyIsOverwrittenAndALateReaderLearnsIt() {
        fill(ConsoleLog.CAPACITY_BYTES);
        log.release(log.writtenOffset());
        fill(1000);
        assertThat(log.retainedOffset()).isEqualTo(1000);
        assertThat(log.read(999, new byte[10])).isEqualTo(-1);
        assertThat(log.read(1000, new byte[10])).isEqualTo(10);
    }

    @Test
    void heldBytesAreNeverOverwritten() {
        fill(ConsoleLog.WATERMARK_BYTES);
        assertThat(log.isAboveWatermark()).isFalse();
        fill(1);
        assertThat(log.isAboveWatermark()).isTrue();
        fill(ConsoleLog.CAPACITY_BYTES - ConsoleLog.WATERMARK_BYTES - 1);
        assertThatThrownBy(() -> log.append('x')).isInstanceOf(IllegalStateException.class);
        log.release(1);
        log.append('x');
        assertThat(log.retainedOffset()).isEqualTo(1);
    }

    @Test
    void unconfirmedBytesAreNeverOverwrittenOnceAClientConfirms() {
        fill(10);
        log.release(10);
        log.confirm(4);
        fill(ConsoleLog.CAPACITY_BYTES - 6);
        log.release(log.writtenOffset());
        assertThat(log.isAboveWatermark()).isTrue();
        assertThatThrownBy(() -> log.append('x')).isInstanceOf(IllegalStateException.class);
        log.confirm(log.writtenOffset());
        assertThat(log.isAboveWatermark()).isFalse();
        log.append('x');
    }

    @Test
    void aClientThatLeftHoldsNobodyUp() throws Exception {
        fill(10);
        log.release(10);
        log.confirm(4);
        log.clientsGone();
        fill(ConsoleLog.CAPACITY_BYTES);
        log.release(log.writtenOffset());
        assertThat(log.isAboveWatermark()).isFalse();
        log.append('x');
        assertThat(restored(saved()).confirmedOffset()).isZero();
    }

    @Test
    void aSurvivorWaitsForNoClientThatNeverComesBack() throws Exception {
        fill(10);
        log.release(10);
        log.confirm(4);
        ConsoleLog survivor = restored(saved());
        for (int i = 0; i < ConsoleLog.CAPACITY_BYTES; i++) {
            survivor.append('.');
            survivor.release(survivor.writtenOffset());
        }
        assertThat(survivor.isAboveWatermark()).isFalse();
    }

    @Test
    void aConfirmationOfUnreleasedBytesCountsAsTheReleasedOffset() {
        fill(10);
        log.release(6);
        log.confirm(9);
        assertThat(log.confirmedOffset()).isEqualTo(6);
        log.confirm(2);
        assertThat(log.confirmedOffset()).isEqualTo(6);
    }

    @Test
    void aSurvivorOffersFromTheOldestUnconfirmedByte() throws Exception {
        write("one two three");
        log.release(7);
        log.confirm(4);
        ConsoleLog survivor = restored(saved());
        assertThat(survivor.writtenOffset()).isEqualTo(13);
        assertThat(survivor.releasedOffset()).isEqualTo(4);
        assertThat(survivor.retainedOffset()).isEqualTo(4);
        assertThat(survivor.writtenHash()).isEqualTo(log.writtenHash());
        survivor.release(13);
        byte[] bytes = new byte[64];
        assertThat(survivor.read(4, bytes)).isEqualTo(9);
        assertThat(new String(bytes, 0, 9, US_ASCII)).isEqualTo("two three");
    }

    @Test
    void withoutAConfirmingClientEveryHeldByteIsSavedHoweverMany() throws Exception {
        fill(3 * ConsoleLog.HISTORY_BYTES);
        log.release(ConsoleLog.HISTORY_BYTES);
        assertThat(restored(saved()).retainedOffset()).isEqualTo(ConsoleLog.HISTORY_BYTES);
        log.release(log.writtenOffset());
        assertThat(restored(saved()).retainedOffset()).isEqualTo(2 * ConsoleLog.HISTORY_BYTES);
    }

    @Test
    void aWrappedRingIsSavedWhole() throws Exception {
        fill(ConsoleLog.CAPACITY_BYTES - 3);
        log.release(log.writtenOffset());
        log.confirm(log.writtenOffset());
        write("around the corner");
        ConsoleLog survivor = restored(saved());
        survivor.release(survivor.writtenOffset());
        byte[] bytes = new byte[64];
        int length = survivor.read(survivor.retainedOffset(), bytes);
        assertThat(new String(bytes, 0, length, US_ASCII)).isEqualTo("around the corner");
    }

    /** Golden bytes of docs/formats/console-log.md, version 2. Add to them, never edit. */
    @Test
    void goldenBytes() {
        write("Hi!");
        log.release(2);
        log.confirm(1);
        assertThat(HexFormat.of().formatHex(saved()))
                .isEqualTo(
                        "0300000000000000" // written
                                + "0100000000000000" // confirmed
                                + "01" // a client confirms
                                + "6136bfcd19157c49" // FNV-1a
                                + "02000000" // length
                                + "00100000" // window
                                + "006921" // the byte at offset 1 is at index 1
                                + "00".repeat(4093));
    }

    @Test
    void aByteKeepsItsPlaceFromEpochToEpoch() {
        fill(3 * ConsoleLog.HISTORY_BYTES + 77);
        log.release(log.writtenOffset());
        byte[] before = saved();
        write("thirty bytes of fresh output..");
        log.release(log.writtenOffset());
        byte[] after = saved();
        assertThat(after).hasSameSizeAs(before);
        int changed = 0;
        for (int i = 33; i < after.length; i++) {
            changed += after[i] == before[i] ? 0 : 1;
        }
        assertThat(changed).isBetween(20, 30); // some of it are full stops as before
    }

    @Test
    void everySizeOfWindowComesBackWhole() throws Exception {
        for (int length : new int[] {0, 1, 4095, 4096, 4097, 70_000, 200_000}) {
            ConsoleLog wrapped = new ConsoleLog("console");
            for (int i = 0; i < 1_000_003; i++) {
                wrapped.append(i);
            }
            wrapped.release(1_000_003);
            wrapped.confirm(1_000_003);
            for (int i = 0; i < length; i++) {
                wrapped.append(i * 31);
            }
            StateWriter out = new StateWriter();
            wrapped.save(out);
            ConsoleLog survivor = restored(out.toByteArray());
            survivor.release(survivor.writtenOffset());
            byte[] bytes = new byte[length + 1];
            assertThat(survivor.read(1_000_003, bytes)).isEqualTo(length);
            for (int i = 0; i < length; i++) {
                assertThat(bytes[i]).isEqualTo((byte) (i * 31));
            }
        }
    }

    @Test
    void corruptStateIsRefusedAndChangesNothing() {
        write("abc");
        byte[] good = saved();
        for (int cut = 0; cut < good.length; cut += cut < 64 ? 1 : 97) {
            byte[] bytes = Arrays.copyOf(good, cut);
            assertThatThrownBy(() -> log.restore(new StateReader("state of console", bytes)))
                    .isInstanceOf(CorruptStateException.class)
                    .hasMessageContaining("state of console");
        }
        byte[] confirmedTooHigh = good.clone();
        confirmedTooHigh[8] = 9;
        assertThatThrownBy(() -> restored(confirmedTooHigh))
                .hasMessageContaining("confirmed offset");
        byte[] writtenTooLow = good.clone();
        writtenTooLow[0] = 1;
        assertThatThrownBy(() -> restored(writtenTooLow)).hasMessageContaining("written offset");
        assertThat(log.writtenOffset()).isEqualTo(3);
    }

    private byte[] saved() {
        StateWriter out = new StateWriter();
        log.save(out);
        return out.toByteArray();
    }

    private static ConsoleLog restored(byte[] state) throws CorruptStateException {
        ConsoleLog restored = new ConsoleLog("console");
        restored.restore(new StateReader("state of console", state));
        return restored;
    }

    private void write(String text) {
        for (byte b : text.getBytes(US_ASCII)) {
            log.append(b);
        }
    }

    private void fill(int bytes) {
        for (int i = 0; i < bytes; i++) {
            log.append('.');
        }
    }

    private String readFrom(long offset) {
        byte[] bytes = new byte[64];
        return new String(bytes, 0, log.read(offset, bytes), US_ASCII);
    }
}
