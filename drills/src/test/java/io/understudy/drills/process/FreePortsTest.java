package io.understudy.drills.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FreePortsTest {
    @Test
    void portsAreDifferentAndCanBeListenedOn() throws Exception {
        List<Integer> ports = FreePorts.find(3, new Random(1));
        assertThat(new HashSet<>(ports)).hasSize(3);
        for (int port : ports) {
            try (ServerSocket socket =
                    new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                assertThat(socket.getLocalPort()).isEqualTo(port);
            }
        }
    }

    @Test
    void aPortInUseIsPassedOver() throws Exception {
        int first = FreePorts.find(1, new Random(2)).getFirst();
        try (ServerSocket taken = new ServerSocket(first, 1, InetAddress.getLoopbackAddress())) {
            assertThat(FreePorts.find(1, new Random(2))).doesNotContain(taken.getLocalPort());
        }
    }
}
