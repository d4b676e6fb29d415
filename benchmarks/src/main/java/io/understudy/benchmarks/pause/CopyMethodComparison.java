package io.understudy.benchmarks.pause;

import com.google.gson.stream.JsonWriter;
import io.understudy.benchmarks.Host;
import io.understudy.benchmarks.pause.CopyMethodRun.Epoch;
import io.understudy.checkpoint.capture.CopyMethod;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.RunMode;
import io.understudy.hypervisor.StateDigest;
import io.understudy.hypervisor.VirtualMachineConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * Staged copies and copies on write beside each other: one guest, epoch by epoch in turn, to the
 * same instruction. Prints what the pause takes, what the guest pays afterwards, and whether both
 * ended in the same state; status 1 if not.
 *
 * <pre>
 * CopyMethodComparison [JSON-FILE]
 * </pre>
 */
public final class CopyMethodComparison {
    private static final String GUEST = "dirtier";
    private static final long MEMORY_BYTES = 128L << 20;
    private static final long WORKING_SET_BYTES = 64L << 20;
    private static final long INSTRUCTIONS_PER_EPOCH = 500_000;
    private static final int WARM_UP_EPOCHS = 60;
    private static final int EPOCHS = 120;

    /** Pages written a virtual second, 5 virtual milliseconds an epoch: about so many a pause. */
    private static final long[] WRITES_PER_SECOND = {200_000, 2_000_000};

    private record Result(
            DirtyLogMode log,
            long writesPerSecond,
            List<Epoch> staged,
            List<Epoch> onWrite,
            boolean isSameState) {}

    private CopyMethodComparison() {}

    public static void main(String[] arguments) throws MachineSetupException, IOException {
        List<Result> results = new ArrayList<>();
        for (DirtyLogMode log : List.of(DirtyLogMode.DIRTY_BIT, DirtyLogMode.WRITE_PROTECT)) {
            for (long writes : WRITES_PER_SECOND) {
                Result result = compare(log, writes);
                results.add(result);
                print(result);
            }
        }
        if (arguments.length > 0) {
            write(arguments[0], results);
        }
        if (!results.stream().allMatch(Result::isSameState)) {
            System.err.println("the two methods did not end in the same state");
            System.exit(1);
        }
    }

    private static Result compare(DirtyLogMode log, long writesPerSecond)
            throws MachineSetupException {
        VirtualMachineConfig config =
                VirtualMachineConfig.of(MEMORY_BYTES)
                        .withRunMode(RunMode.FREE)
                        .withDirtyLog(log)
                        .withParameters(
                                Map.of(
                                        "working-set", WORKING_SET_BYTES,
                                        "writes-per-second", writesPerSecond));
        List<Epoch> staged = new ArrayList<>();
        List<Epoch> onWrite = new ArrayList<>();
        try (CopyMethodRun now = run(config, CopyMethod.STAGED);
                CopyMethodRun later = run(config, CopyMethod.ON_WRITE)) {
            for (int i = -WARM_UP_EPOCHS; i < EPOCHS || now.isCopying(); i++) {
                Epoch a = now.next();
                Epoch b = later.next();
                if (i >= 0) {
                    staged.add(a);
                    onWrite.add(b);
                }
            }
            StateDigest expected = now.stateDigest();
            return new Result(
                    log, writesPerSecond, staged, onWrite, expected.equals(later.stateDigest()));
        }
    }

    private static CopyMethodRun run(VirtualMachineConfig config, CopyMethod method)
            throws MachineSetupException {
        return new CopyMethodRun(config, GUEST, method, INSTRUCTIONS_PER_EPOCH);
    }

    private static void print(Result result) {
        System.out.printf(
                Locale.ROOT,
                "%s, %,d pages an epoch: pause %,d us staged, %,d us on write (%.2f);"
                        + " guest %,d us staged, %,d us on write (%.2f); same state: %s%n",
                result.log().optionName(),
                median(result.staged(), Epoch::pages),
                median(result.staged(), Epoch::pauseCpuNs) / 1000,
                median(result.onWrite(), Epoch::pauseCpuNs) / 1000,
                ratio(result, Epoch::pauseCpuNs),
                median(result.staged(), Epoch::guestCpuNs) / 1000,
                median(result.onWrite(), Epoch::guestCpuNs) / 1000,
                ratio(result, Epoch::guestCpuNs),
                result.isSameState());
    }

    private static void write(String file, List<Result> results) throws IOException {
        try (JsonWriter json = new JsonWriter(Files.newBufferedWriter(Path.of(file)))) {
            json.setIndent("  ");
            json.beginObject();
            json.name("schemaVersion").value(1);
            json.name("command").value("benchmarks/run-main.sh pause.CopyMethodComparison " + file);
            Host.write(json);
            json.name("guest").value(GUEST);
            json.name("epochs").value(EPOCHS);
            json.name("instructionsPerEpoch").value(INSTRUCTIONS_PER_EPOCH);
            json.name("results").beginArray();
            for (Result result : results) {
                json.beginObject();
                json.name("dirtyLog").value(result.log().optionName());
                json.name("writesPerVirtualSecond").value(result.writesPerSecond());
                json.name("pages").value(median(result.staged(), Epoch::pages));
                writeMethod(json, "staged", result.staged());
                writeMethod(json, "onWrite", result.onWrite());
                json.name("pauseRatio").value(ratio(result, Epoch::pauseCpuNs));
                json.name("guestRatio").value(ratio(result, Epoch::guestCpuNs));
                json.name("isSameState").value(result.isSameState());
                json.endObject();
            }
            json.endArray();
            json.endObject();
        }
    }

    private static void writeMethod(JsonWriter json, String name, List<Epoch> epochs)
            throws IOException {
        json.name(name).beginObject();
        json.name("pauseCpuUs").value(median(epochs, Epoch::pauseCpuNs) / 1000);
        json.name("guestCpuUs").value(median(epochs, Epoch::guestCpuNs) / 1000);
        json.name("encodeCpuUs").value(median(epochs, Epoch::encodeCpuNs) / 1000);
        json.endObject();
    }

    private static double ratio(Result result, ToLongFunction<Epoch> what) {
        double exact = (double) median(result.onWrite(), what) / median(result.staged(), what);
        return Math.round(exact * 1000) / 1000.0;
    }

    private static long median(List<Epoch> epochs, ToLongFunction<Epoch> what) {
        List<Epoch> sorted = new ArrayList<>(epochs);
        sorted.sort(Comparator.comparingLong(what));
        return what.applyAsLong(sorted.get(sorted.size() / 2));
    }
}
