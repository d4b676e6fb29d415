package io.understudy.hypervisor;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Bytes of a guest image, not yet looked at, and the name that errors mention. */
public final class GuestImage {
    /** Larger files are refused before they are read. */
    public static final int BYTES_MAX = 256 << 20;

    private final String name;
    private final byte[] bytes;

    private GuestImage(String name, byte[] bytes) {
        this.name = name;
        this.bytes = bytes;
    }

    public static GuestImage of(String name, byte[] bytes) {
        return new GuestImage(name, bytes.clone());
    }

    /**
     * An image that comes with the hypervisor.
     *
     * @param guest such as {@code counter}
     */
    public static GuestImage builtIn(String guest) throws MachineSetupException {
        String resource = "/io/understudy/guests/" + guest + ".elf";
        if (!guest.matches("[a-z0-9-]+")) {
            throw new MachineSetupException("there is no built-in guest " + guest);
        }
        try (InputStream in = GuestImage.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new MachineSetupException("there is no built-in guest " + guest);
            }
            return new GuestImage(guest, in.readAllBytes());
        } catch (IOException e) {
            throw new MachineSetupException(
                    "the built-in guest %s cannot be read: %s".formatted(guest, e.getMessage()));
        }
    }

    public static GuestImage file(Path path) throws MachineSetupException {
        try {
            long size = Files.size(path);
            if (size > BYTES_MAX) {
                throw new MachineSetupException(
                        "guest image %s has %d bytes, at most %d are allowed"
                                .formatted(path, size, BYTES_MAX));
            }
            return new GuestImage(path.toString(), Files.readAllBytes(path));
        } catch (NoSuchFileException e) {
            throw new MachineSetupException("guest image %s does not exist".formatted(path));
        } catch (IOException e) {
            throw new MachineSetupException(
                    "guest image %s cannot be read: %s".formatted(path, e.getMessage()));
        }
    }

    public String name() {
        return name;
    }

    /** A fresh little-endian view of all bytes. */
    public ByteBuffer view() {
        return ByteBuffer.wrap(bytes).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }
}
