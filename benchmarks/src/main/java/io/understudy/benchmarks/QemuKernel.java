package io.understudy.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Runs a kernel under QEMU system emulation (TCG).
 *
 * <p>The guest prints a line after each repetition; on each line the CPU time of QEMU's threads is
 * read from {@code /proc}. The guest reloads CR3 before each repetition: QEMU resizes its soft TLB
 * only on a flush, and without one it would thrash in a TLB that is far too small.
 */
final class QemuKernel {
    static final String PROGRAM = "qemu-system-x86_64";

    private final Kernel kernel;
    private final Path folder;

    /**
     * @param folder for the image and its parameters
     */
    QemuKernel(Kernel kernel, Path folder) {
        this.kernel = kernel;
        this.folder = folder;
    }

    static String version() throws IOException {
        Process process = new ProcessBuilder(PROGRAM, "--version").start();
        try (BufferedReader out = reader(process)) {
            String line = out.readLine();
            return line == null ? "unknown" : line;
        }
    }

    List<Repetition> run(int repetitions) throws IOException, InterruptedException {
        Path image = Files.write(folder.resolve("kernels.bin"), KernelImage.multiboot());
        Map<String, Long> parameters = new LinkedHashMap<>();
        parameters.put("kernel", kernel.parameter());
        // One more than asked for: QEMU may be gone before its time is read after the last.
        parameters.put("repetitions", repetitions + 1L);
        Path bootInfo =
                Files.write(folder.resolve("boot-info.bin"), KernelImage.bootInfo(parameters));
        Process process = start(image, bootInfo);
        try (BufferedReader out = reader(process)) {
            return time(process, out, repetitions);
        } finally {
            process.destroyForcibly();
            process.waitFor();
        }
    }

    private static Process start(Path image, Path bootInfo) throws IOException {
        return new ProcessBuilder(
                        PROGRAM,
                        "-M",
                        "pc",
                        "-accel",
                        "tcg",
                        "-cpu",
                        "max",
                        "-m",
                        (KernelImage.MEMORY_BYTES >> 20) + "M",
                        "-display",
                        "none",
                        "-serial",
                        "stdio",
                        "-no-reboot",
                        "-device",
                        "isa-debug-exit,iobase=0xf4,iosize=4",
                        "-kernel",
                        image.toString(),
                        "-device",
                        "loader,addr=%#x,file=%s,force-raw=on"
                                .formatted(KernelImage.MULTIBOOT_BOOT_INFO, bootInfo))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static List<Repetition> time(Process process, BufferedReader out, int repetitions)
            throws IOException {
        List<Repetition> done = new ArrayList<>();
        String begin = out.readLine();
        if (begin == null || !begin.strip().equals("begin")) {
            throw new IOException(
                    "the guest under QEMU said \"" + begin + "\" instead of \"begin\"");
        }
        long from = cpuNs(process);
        while (done.size() < repetitions) {
            @Nullable String line = out.readLine();
            if (line == null) {
                throw new IOException("QEMU ended after " + done.size() + " repetitions");
            }
            long now = cpuNs(process);
            done.add(new Repetition(now - from, line.strip()));
            from = now;
        }
        return done;
    }

    /** CPU time of all threads of a process. */
    private static long cpuNs(Process process) throws IOException {
        long total = 0;
        Path tasks = Path.of("/proc", Long.toString(process.pid()), "task");
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(tasks)) {
            for (Path thread : threads) {
                total += cpuNs(thread.resolve("schedstat"));
            }
        }
        return total;
    }

    private static long cpuNs(Path schedstat) throws IOException {
        try {
            String text = Files.readString(schedstat);
            return Long.parseLong(text.substring(0, text.indexOf(' ')));
        } catch (NoSuchFileException e) {
            // A worker thread that has just ended.
            return 0;
        }
    }

    private static BufferedReader reader(Process process) {
        return new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII));
    }
}
