#!/bin/sh
# Three ways to hand packets over, by processor time: views.sh
exec "$(dirname -- "$0")/run-main.sh" ViewBenchmark "$@"
