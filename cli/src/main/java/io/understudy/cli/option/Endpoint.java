package io.understudy.cli.option;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * HOST:PORT; an IPv6 host stands in brackets. The name is not looked up until it is used.
 *
 * @param port 0 (the system chooses, listeners only) to 65535
 */
public record Endpoint(String host, int port) {
    private static final Pattern FORM =
            Pattern.compile("(\\[[0-9A-Fa-f:.%]+\\]|[^\\s:\\[\\],/]+):(\\d{1,5})");
    private static final int PORT_MAX = 65_535;

    @Override
    public String toString() {
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
    }

    /** Unresolved when the name is unknown. */
    public InetSocketAddress address() {
        return new InetSocketAddress(host, port);
    }

    /** Whether only processes of this host can reach a listener here. */
    public boolean isLoopback() {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException _) {
            return false;
        }
    }

    /** Reads it from a command line. */
    public static final class Converter implements ITypeConverter<Endpoint> {
        @Override
        public Endpoint convert(String text) {
            Matcher matcher = FORM.matcher(text);
            if (!matcher.matches() || Integer.parseInt(matcher.group(2)) > PORT_MAX) {
                throw new TypeConversionException(
                        "'" + text + "' is not HOST:PORT with a port up to " + PORT_MAX);
            }
            String host = matcher.group(1);
            return new Endpoint(
                    host.startsWith("[") ? host.substring(1, host.length() - 1) : host,
                    Integer.parseInt(matcher.group(2)));
        }
    }
}
