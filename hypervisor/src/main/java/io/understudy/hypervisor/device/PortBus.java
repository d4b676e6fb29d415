package io.understudy.hypervisor.device;

import io.understudy.checkpoint.Invariant;

/**
 * Port to device. Ports that no device claims read as all ones and swallow writes, as an ISA bus
 * does.
 */
public final class PortBus {
    private static final int DEVICES_MAX = 32;

    private final PortDevice[] devices = new PortDevice[DEVICES_MAX];
    private final int[] firstPorts = new int[DEVICES_MAX];
    private final int[] endPorts = new int[DEVICES_MAX];
    private int count;

    public void attach(int firstPort, int ports, PortDevice device) {
        Invariant.check(count < DEVICES_MAX, "the port bus has room for its devices");
        for (int i = 0; i < count; i++) {
            Invariant.check(
                    firstPort >= endPorts[i] || firstPort + ports <= firstPorts[i],
                    "a port belongs to one device");
        }
        devices[count] = device;
        firstPorts[count] = firstPort;
        endPorts[count] = firstPort + ports;
        count++;
    }

    public int in(int port, int bytes) {
        for (int i = 0; i < count; i++) {
            if (port >= firstPorts[i] && port < endPorts[i]) {
                return devices[i].in(port - firstPorts[i], bytes);
            }
        }
        return -1 >>> (32 - 8 * bytes);
    }

    public void out(int port, int bytes, int value) {
        for (int i = 0; i < count; i++) {
            if (port >= firstPorts[i] && port < endPorts[i]) {
                devices[i].out(port - firstPorts[i], bytes, value);
                return;
            }
        }
    }
}
