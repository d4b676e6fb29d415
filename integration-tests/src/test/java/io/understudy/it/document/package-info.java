/** Documents, as far as a program can tell whether they are true. */
@NullMarked
package io.understudy.it.document;

import org.jspecify.annotations.NullMarked;
