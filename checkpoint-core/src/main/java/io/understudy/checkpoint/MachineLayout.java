package io.understudy.checkpoint;

import java.util.List;

/**
 * What two machines must have in common for one to take over from the other: regions in order of
 * their region number, and the name and version of every state component in order.
 *
 * @param kind what the machine is, such as {@code x86-64-vmx}
 * @param regions region number = position
 * @param components in save and restore order
 */
public record MachineLayout(String kind, List<MemoryRegion> regions, List<Component> components) {
    /** One state component, as it is matched between the two sides. */
    public record Component(String name, int version) {}

    public MachineLayout {
        regions = List.copyOf(regions);
        components = List.copyOf(components);
    }

    public long pages() {
        long sum = 0;
        for (MemoryRegion r : regions) {
            sum += r.pages();
        }
        return sum;
    }
}
