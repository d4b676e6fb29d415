package io.understudy.hypervisor.ept;

/**
 * What a dirty log asks of an EPT structure.
 *
 * @param accessedDirty whether the EPT pointer turns on accessed and dirty flags
 * @param leafSize largest mapping to make; RAM that does not fill one gets smaller ones
 * @param protection which mappings are read-only at first
 */
public record MappingRules(boolean accessedDirty, LeafSize leafSize, WriteProtection protection) {}
