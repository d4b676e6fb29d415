package io.understudy.hypervisor.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.checkpoint.Invariant;
import org.junit.jupiter.api.Test;

class PortBusTest {
    @Test
    void portsNobodyClaimsReadAsOnes() {
        PortBus bus = new PortBus();
        DebugExit exit = new DebugExit();
        bus.attach(DebugExit.PORT, DebugExit.PORTS, exit);
        assertThat(bus.in(0xf3, 1)).isEqualTo(0xff);
        assertThat(bus.in(0xf5, 2)).isEqualTo(0xffff);
        assertThat(bus.in(0xcf8, 4)).isEqualTo(-1);
        bus.out(0xf5, 1, 3);
        assertThat(exit.hasExited()).isFalse();
        bus.out(0xf4, 1, 3);
        bus.out(0xf4, 1, 4);
        assertThat(exit.value()).as("the first write counts").isEqualTo(3);
    }

    @Test
    void twoDevicesCannotShareAPort() {
        PortBus bus = new PortBus();
        bus.attach(0x3f8, 8, new DebugExit());
        assertThatThrownBy(() -> bus.attach(0x3ff, 1, new DebugExit()))
                .isInstanceOf(Invariant.Violation.class);
    }
}
