/** What a guarded run is shown as: JSON, JSON lines, a line for people, a picture. */
@NullMarked
package io.understudy.cli.guarding;

import org.jspecify.annotations.NullMarked;
