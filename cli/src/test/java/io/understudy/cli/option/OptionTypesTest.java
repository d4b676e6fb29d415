package io.understudy.cli.option;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class OptionTypesTest {
    @ParameterizedTest
    @CsvSource({
        "25ms, 25000000",
        "10s, 10000000000",
        "1.5s, 1500000000",
        "500us, 500000",
        "2m, 120000000000",
        "1h, 3600000000000"
    })
    void durations(String text, long ns) {
        assertThat(new HostDuration.Converter().convert(text).ns()).isEqualTo(ns);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "25", "ms", "25 ms", "-1s", "1.s", "1e3s", "25MS", "0s", "0.0ms", "s10"})
    void badDurationsAreNamed(String text) {
        assertThatThrownBy(() -> new HostDuration.Converter().convert(text))
                .isInstanceOf(TypeConversionException.class)
                .hasMessageContaining("'" + text + "'");
    }

    @Test
    void aDurationOfCenturiesIsRefused() {
        assertThatThrownBy(() -> new HostDuration.Converter().convert("999999999999h"))
                .isInstanceOf(TypeConversionException.class);
    }

    @ParameterizedTest
    @CsvSource({"25ms, 25ms", "10s, 10s", "1500us, 1500us", "1000ms, 1s", "2m, 120s"})
    void durationsAreWrittenAsTheyCanBeRead(String text, String written) {
        assertThat(new HostDuration.Converter().convert(text)).hasToString(written);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "4096, 4096",
        "64K, 65536",
        "256M, 268435456",
        "256MiB, 268435456",
        "1G, 1073741824",
        "64T, 70368744177664"
    })
    void sizes(String text, long bytes) {
        assertThat(new ByteSize.Converter().convert(text).bytes()).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "M", "256m", "2.5G", "-1M", "256 M", "9999999999999999T"})
    void badSizesAreNamed(String text) {
        assertThatThrownBy(() -> new ByteSize.Converter().convert(text))
                .isInstanceOf(TypeConversionException.class)
                .hasMessageContaining("'" + text + "'");
    }

    @ParameterizedTest
    @CsvSource({"268435456, 256M", "4096, 4K", "4097, 4097", "0, 0"})
    void sizesAreWrittenShort(long bytes, String written) {
        assertThat(new ByteSize(bytes)).hasToString(written);
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1:7000, 127.0.0.1, 7000",
        "host.example:0, host.example, 0",
        "[::1]:65535, ::1, 65535"
    })
    void endpoints(String text, String host, int port) {
        Endpoint endpoint = new Endpoint.Converter().convert(text);
        assertThat(endpoint.host()).isEqualTo(host);
        assertThat(endpoint.port()).isEqualTo(port);
        assertThat(endpoint).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "host", "host:", ":80", "host:65536", "host:8o", "::1:80", "a b:1"})
    void badEndpointsAreNamed(String text) {
        assertThatThrownBy(() -> new Endpoint.Converter().convert(text))
                .isInstanceOf(TypeConversionException.class)
                .hasMessageContaining("'" + text + "'");
    }

    @Test
    void onlyThisHostReachesLoopback() {
        assertThat(new Endpoint("127.0.0.1", 1).isLoopback()).isTrue();
        assertThat(new Endpoint("::1", 1).isLoopback()).isTrue();
        assertThat(new Endpoint("0.0.0.0", 1).isLoopback()).isFalse();
    }
}
