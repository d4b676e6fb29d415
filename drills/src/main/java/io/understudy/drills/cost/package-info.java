/**
 * What counted events would cost on real hardware: an open-loop model, never fed back and never
 * mixed with measured time.
 *
 * <p>{@link io.understudy.drills.cost.CostTable} holds the parameters with their low, typical and
 * high values; {@link io.understudy.drills.cost.CostModel} multiplies. Time that is stolen while
 * the guest runs and time that prolongs the pause stay apart. {@link
 * io.understudy.drills.cost.BoxSweep} asks who wins where when nobody agrees on the two costs that
 * matter most, {@link io.understudy.drills.cost.SizeSweep} how the answer depends on the sizes of
 * guest and dirty set. May depend on the counts of {@code io.understudy.drills.comparison} and on
 * the names of the dirty logs; nothing here measures host time or prints. Realises
 * docs/dirty-logging.md.
 */
@NullMarked
package io.understudy.drills.cost;

import org.jspecify.annotations.NullMarked;
