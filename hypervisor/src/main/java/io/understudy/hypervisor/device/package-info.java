/**
 * Devices of the machine: each is a state component with a versioned state, and knows neither
 * processor nor exits.
 *
 * <p>Time comes as an argument (the guest's TSC); a device that wants to act later names the TSC at
 * which it does. Registers follow the data sheets named in each class.
 */
@NullMarked
package io.understudy.hypervisor.device;

import org.jspecify.annotations.NullMarked;
