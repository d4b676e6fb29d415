/**
 * One class per command: options in, an exit status out. Commands wire the modules below together
 * and decide nothing about machines or the protocol.
 */
@NullMarked
package io.understudy.cli.command;

import org.jspecify.annotations.NullMarked;
