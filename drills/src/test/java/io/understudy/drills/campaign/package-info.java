/**
 * Primaries killed at random epochs on the real machine, under every combination of dirty log, copy
 * method, depth, encoding and workers.
 */
@NullMarked
package io.understudy.drills.campaign;

import org.jspecify.annotations.NullMarked;
