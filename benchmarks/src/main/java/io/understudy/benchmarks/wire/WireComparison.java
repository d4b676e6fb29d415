package io.understudy.benchmarks.wire;

import com.google.gson.GsonBuilder;
import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.PageSet;
import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.RunMode;
import io.understudy.hypervisor.SystemHostClock;
import io.understudy.hypervisor.VirtualMachine;
import io.understudy.hypervisor.VirtualMachineConfig;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Wire bytes of the dirty pages of a guest under every codec. Epochs are of so many instructions,
 * so that every run of the program gives the same numbers.
 *
 * <pre>
 * WireComparison EPOCHS INSTRUCTIONS-PER-EPOCH JSON-FILE GUEST...
 * </pre>
 */
public final class WireComparison {
    private static final long MEMORY_BYTES = 128L << 20;

    private WireComparison() {}

    public static void main(String[] arguments) throws MachineSetupException, IOException {
        int epochs = Integer.parseInt(arguments[0]);
        long perEpoch = Long.parseLong(arguments[1]);
        List<Map<String, Object>> results = new ArrayList<>();
        for (int i = 3; i < arguments.length; i++) {
            WireTally tally = run(arguments[i], epochs, perEpoch);
            print(arguments[i], tally);
            results.add(result(arguments[i], epochs, perEpoch, tally));
        }
        Files.writeString(
                Path.of(arguments[2]),
                new GsonBuilder().setPrettyPrinting().create().toJson(results) + "\n");
    }

    private static WireTally run(String guest, int epochs, long perEpoch)
            throws MachineSetupException {
        WireTally tally = new WireTally();
        Map<Long, byte[]> sent = new HashMap<>();
        try (VirtualMachine machine =
                VirtualMachine.boot(
                        VirtualMachineConfig.of(MEMORY_BYTES).withRunMode(RunMode.FREE),
                        GuestImage.builtIn(guest),
                        new SystemHostClock())) {
            List<MemoryRegion> regions = machine.layout().regions();
            PageSet dirty = new PageSet(regions);
            for (int epoch = 1; epoch <= epochs; epoch++) {
                runEpoch(machine, epoch * perEpoch);
                dirty.clear();
                machine.dirtyLog().harvest(dirty);
                for (long id = dirty.next(0); id >= 0; id = dirty.next(id + 1)) {
                    byte[] page = new byte[Pages.BYTES];
                    machine.memory().readPage(id, MemorySegment.ofArray(page), 0);
                    byte[] old = sent.put(id, page);
                    tally.add(old == null ? new byte[Pages.BYTES] : old, page, old != null);
                }
            }
        }
        return tally;
    }

    /** Output is let out at once: nobody waits for anybody here. */
    private static void runEpoch(VirtualMachine machine, long until) {
        while (machine.instructions() < until) {
            machine.run(until, Long.MAX_VALUE);
            machine.output().release(machine.output().writtenOffset());
        }
    }

    private static void print(String guest, WireTally tally) {
        System.out.printf(Locale.ROOT, "%s: %,d dirty pages%n", guest, tally.pages());
        tally.bytesByCodec()
                .forEach((name, bytes) ->
                        System.out.printf(
                                Locale.ROOT,
                                "  %-18s %8.1f bytes a page%n",
                                name,
                                (double) bytes / tally.pages()));
        System.out.printf(
                Locale.ROOT,
                "  %-18s %8.1f bytes a page%n",
                "cheapest",
                (double) tally.cheapestBytes() / tally.pages());
        tally.cheapest()
                .forEach((name, line) ->
                        System.out.printf(
                                Locale.ROOT,
                                "    %-16s %8d pages %12d bytes%n",
                                name,
                                line.pages(),
                                line.bytes()));
    }

    private static Map<String, Object> result(
            String guest, int epochs, long perEpoch, WireTally tally) {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("guest", guest);
        result.put("epochs", epochs);
        result.put("instructionsPerEpoch", perEpoch);
        result.put("dirtyPages", tally.pages());
        result.put("bytesByCodec", tally.bytesByCodec());
        result.put("cheapestBytes", tally.cheapestBytes());
        Map<String, Map<String, Long>> classes = new LinkedHashMap<>();
        tally.cheapest()
                .forEach((name, line) ->
                        classes.put(name, Map.of("pages", line.pages(), "bytes", line.bytes())));
        result.put("cheapestByClass", classes);
        return result;
    }
}
