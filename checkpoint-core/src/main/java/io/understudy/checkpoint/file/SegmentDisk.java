package io.understudy.checkpoint.file;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** What a segment is written to; a test puts a slow or a full disk in its place. */
public interface SegmentDisk {
    /** The host's file system. */
    SegmentDisk HOST = new SegmentDisk() {};

    /** Makes a file that must not exist yet. */
    default OutputStream create(Path file) throws IOException {
        return Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    /** Returns when the content of the file, or the entries of the folder, cannot be lost. */
    default void sync(Path path) throws IOException {
        boolean isFolder = Files.isDirectory(path);
        try (FileChannel channel =
                FileChannel.open(
                        path, isFolder ? StandardOpenOption.READ : StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    /** Gives a synced file its final name, which nobody may have. */
    default void publish(Path from, Path to) throws IOException {
        if (Files.exists(to)) {
            throw new IOException(to + " exists already");
        }
        sync(from);
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        Path folder = to.toAbsolutePath().getParent();
        if (folder != null) {
            sync(folder);
        }
    }

    default void delete(Path file) throws IOException {
        try {
            Files.delete(file);
        } catch (NoSuchFileException e) {
            // Gone already, which is what was wanted.
        }
    }
}
