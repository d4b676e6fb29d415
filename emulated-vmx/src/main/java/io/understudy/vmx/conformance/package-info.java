/**
 * Replays instruction cases recorded on silicon on a bare logical processor and compares every
 * defined result bit.
 */
@NullMarked
package io.understudy.vmx.conformance;

import org.jspecify.annotations.NullMarked;
