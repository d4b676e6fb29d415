/** The walls of docs/ARCHITECTURE.md, held by tests. */
@NullMarked
package io.understudy.it.architecture;

import org.jspecify.annotations.NullMarked;
