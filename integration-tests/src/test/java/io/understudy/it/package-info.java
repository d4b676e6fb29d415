/**
 * Tests of the whole: the walls between modules, and the program as users run it.
 *
 * <p>Tests of commands start the packaged jar as separate processes and judge by exit status,
 * output and what the processes do to each other.
 */
@NullMarked
package io.understudy.it;

import org.jspecify.annotations.NullMarked;
