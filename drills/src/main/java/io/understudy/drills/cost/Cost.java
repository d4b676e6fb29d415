package io.understudy.drills.cost;

/**
 * One line of a costs file.
 *
 * @param cpu on which processor the values hold
 * @param source where they come from
 */
public record Cost(
        CostParameter parameter,
        double low,
        double typical,
        double high,
        CostUnit unit,
        String cpu,
        String source) {
    public double at(CostLevel level) {
        return switch (level) {
            case LOW -> low;
            case TYPICAL -> typical;
            case HIGH -> high;
        };
    }
}
