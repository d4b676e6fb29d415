package io.understudy.checkpoint.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The segments of a folder by their names. Whatever else lies there is not looked at.
 *
 * @param closed finished segments, oldest file first
 * @param unclosed files that were never finished
 */
public record SegmentFolder(List<Path> closed, List<Path> unclosed) {
    private static final Pattern NAME = Pattern.compile("segment-\\d{12,20}-[0-9a-f]{8}\\.tar");

    /** The file name of a segment. */
    static String nameOf(long firstEpoch, UUID lineage) {
        return "segment-%012d-%s.tar".formatted(firstEpoch, lineage.toString().substring(0, 8));
    }

    static boolean isSegmentName(String name) {
        return NAME.matcher(name).matches();
    }

    /** Looks into a folder, not deeper. */
    public static SegmentFolder list(Path folder) throws IOException {
        List<Path> closed = new ArrayList<>();
        List<Path> unclosed = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.sorted().toList()) {
                String name = String.valueOf(file.getFileName());
                if (isSegmentName(name)) {
                    closed.add(file);
                } else if (name.endsWith(SegmentFormat.PARTIAL_SUFFIX)
                        && isSegmentName(
                                name.substring(
                                        0,
                                        name.length() - SegmentFormat.PARTIAL_SUFFIX.length()))) {
                    unclosed.add(file);
                }
            }
        }
        List<Aged> aged = new ArrayList<>();
        for (Path file : closed) {
            aged.add(new Aged(file, Files.getLastModifiedTime(file).toMillis()));
        }
        aged.sort(Comparator.comparingLong(Aged::modifiedMs).thenComparing(Aged::file));
        return new SegmentFolder(aged.stream().map(Aged::file).toList(), unclosed);
    }

    private record Aged(Path file, long modifiedMs) {}
}
