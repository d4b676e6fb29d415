/**
 * Memory activity as people and programs see it: a waterfall of lines in the terminal, a page with
 * a picture, JSON, and Prometheus text. Presentation only: every figure comes from the monitor.
 */
@NullMarked
package io.understudy.cli.activity;

import org.jspecify.annotations.NullMarked;
