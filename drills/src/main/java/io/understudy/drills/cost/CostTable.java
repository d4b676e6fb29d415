package io.understudy.drills.cost;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Every parameter of the cost model with its low, typical and high value.
 *
 * <p>A costs file has one line per parameter, {@code name | low | typical | high | unit | CPU |
 * source}; lines that are blank or begin with # say nothing.
 */
public final class CostTable {
    private static final String BUILT_IN = "costs.txt";
    private static final int FIELDS = 7;
    private static final long FILE_BYTES_MAX = 1 << 20;

    /** No event takes longer, in whatever unit; keeps every sum finite. */
    private static final double VALUE_MAX = 1e12;

    private final Map<CostParameter, Cost> costs;

    private CostTable(Map<CostParameter, Cost> costs) {
        this.costs = new EnumMap<>(costs);
    }

    /** The table that comes with the program. */
    public static CostTable builtIn() {
        try {
            return parse(builtInText(), "the built-in costs");
        } catch (CostFileException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    /** The built-in table as a file, comments included: where to start from for another one. */
    public static String builtInText() {
        try (InputStream in = CostTable.class.getResourceAsStream(BUILT_IN)) {
            if (in == null) {
                throw new IllegalStateException("the program lacks its resource " + BUILT_IN);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException("the built-in costs cannot be read", e);
        }
    }

    /**
     * @throws CostFileException if the file cannot be read or is not a complete, sensible table
     */
    public static CostTable read(Path file) throws CostFileException {
        try {
            if (Files.size(file) > FILE_BYTES_MAX) {
                throw new CostFileException(file + ": larger than a costs file can be");
            }
            return parse(Files.readString(file), file.toString());
        } catch (CharacterCodingException e) {
            throw new CostFileException(file + ": not a text file in UTF-8");
        } catch (NoSuchFileException e) {
            throw new CostFileException(file + ": does not exist");
        } catch (IOException e) {
            throw new CostFileException(file + ": cannot be read, " + e);
        }
    }

    /**
     * @param name what errors call the text
     */
    static CostTable parse(String text, String name) throws CostFileException {
        Map<CostParameter, Cost> costs = new EnumMap<>(CostParameter.class);
        int number = 0;
        for (String line : text.lines().toList()) {
            number++;
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            String where = name + " line " + number;
            Cost cost = parseLine(line, where);
            if (costs.put(cost.parameter(), cost) != null) {
                throw new CostFileException(
                        where + ": parameter " + cost.parameter().fileName() + " comes twice");
            }
        }
        List<String> missing = new ArrayList<>();
        for (CostParameter p : CostParameter.values()) {
            if (!costs.containsKey(p)) {
                missing.add(p.fileName());
            }
        }
        if (!missing.isEmpty()) {
            throw new CostFileException(
                    name
                            + (missing.size() == 1 ? ": parameter " : ": parameters ")
                            + String.join(", ", missing)
                            + (missing.size() == 1 ? " is missing" : " are missing"));
        }
        return new CostTable(costs);
    }

    private static Cost parseLine(String line, String where) throws CostFileException {
        String[] fields = line.split("\\|", -1);
        if (fields.length != FIELDS) {
            throw new CostFileException(
                    "%s: has %d fields, not the %d of name | low | typical | high | unit | CPU | source"
                            .formatted(where, fields.length, FIELDS));
        }
        for (int i = 0; i < FIELDS; i++) {
            fields[i] = fields[i].strip();
        }
        CostParameter parameter =
                CostParameter.of(fields[0])
                        .orElseThrow(() ->
                                new CostFileException(
                                        where + ": there is no parameter '" + fields[0] + "'"));
        CostUnit unit = CostUnit.of(fields[4]).orElse(null);
        if (unit == null || unit.dimension() != parameter.dimension()) {
            throw new CostFileException(
                    "%s: the unit of %s is %s, not '%s'"
                            .formatted(
                                    where,
                                    parameter.fileName(),
                                    parameter.dimension().units(),
                                    fields[4]));
        }
        double low = value(fields[1], parameter, CostLevel.LOW, where);
        double typical = value(fields[2], parameter, CostLevel.TYPICAL, where);
        double high = value(fields[3], parameter, CostLevel.HIGH, where);
        if (low > typical || typical > high) {
            throw new CostFileException(
                    "%s: %s must not fall from low to typical to high, but is %s, %s, %s"
                            .formatted(
                                    where, parameter.fileName(), fields[1], fields[2], fields[3]));
        }
        return new Cost(parameter, low, typical, high, unit, fields[5], fields[6]);
    }

    private static double value(String text, CostParameter parameter, CostLevel level, String where)
            throws CostFileException {
        String what = where + ": the " + level.word() + " value of " + parameter.fileName();
        Double parsed = number(text);
        if (parsed == null) {
            throw new CostFileException(what + " is '" + text + "', which is not a number");
        }
        double value = parsed;
        if (value < 0) {
            throw new CostFileException(what + " is " + text + ", which is negative");
        }
        if (!(value <= VALUE_MAX)) {
            throw new CostFileException(what + " is " + text + ", which is more than 10^12");
        }
        if (value == 0 && parameter == CostParameter.CLOCK) {
            throw new CostFileException(what + " is 0: then no time would pass");
        }
        return value;
    }

    private static @Nullable Double number(String text) {
        try {
            return text.matches("[-+0-9.eE]+") ? Double.valueOf(text) : null;
        } catch (NumberFormatException notOne) {
            return null;
        }
    }

    public Cost cost(CostParameter parameter) {
        Cost cost = costs.get(parameter);
        if (cost == null) {
            throw new IllegalStateException("a table is complete");
        }
        return cost;
    }

    /** Every line, in the order of {@link CostParameter}. */
    public List<Cost> costs() {
        return List.copyOf(costs.values());
    }

    /** One column. */
    public Prices prices(CostLevel level) {
        Map<CostParameter, Double> values = new EnumMap<>(CostParameter.class);
        double clockGhz = cost(CostParameter.CLOCK).at(level);
        for (Cost cost : costs.values()) {
            values.put(cost.parameter(), cost.unit().base(cost.at(level), clockGhz));
        }
        return new Prices(values);
    }
}
