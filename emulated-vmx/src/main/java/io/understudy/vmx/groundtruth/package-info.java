/**
 * Exact counters of what the processor did. For reports, tests and benchmarks only: a hypervisor or
 * a policy must never read them, since real hardware does not offer them.
 */
@NullMarked
package io.understudy.vmx.groundtruth;

import org.jspecify.annotations.NullMarked;
