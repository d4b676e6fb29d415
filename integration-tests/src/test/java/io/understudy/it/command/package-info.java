/** The command line, tested on the packaged jar. */
@NullMarked
package io.understudy.it.command;

import org.jspecify.annotations.NullMarked;
