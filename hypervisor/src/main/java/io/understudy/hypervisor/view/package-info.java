/**
 * EPT views as others see them: which a machine gets, what happened in them, and what was counted.
 * Values only; {@code hypervisor.window} does the work.
 */
@NullMarked
package io.understudy.hypervisor.view;

import org.jspecify.annotations.NullMarked;
