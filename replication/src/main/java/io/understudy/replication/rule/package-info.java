/**
 * The rules of docs/PROTOCOL.md as names, so that code can cite them, simulations can count how
 * often each one decided, and a test can leave one out and show what breaks. Production enforces
 * all of them, always. Depends on nothing.
 */
@NullMarked
package io.understudy.replication.rule;

import org.jspecify.annotations.NullMarked;
