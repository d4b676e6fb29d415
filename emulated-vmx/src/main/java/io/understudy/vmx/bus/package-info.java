/**
 * Where a platform's devices attach: I/O ports, physical addresses without memory, and interrupt
 * lines. The devices themselves are outside this module.
 */
@NullMarked
package io.understudy.vmx.bus;

import org.jspecify.annotations.NullMarked;
