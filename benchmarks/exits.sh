#!/bin/sh
# Time and heap of a VM exit: exits.sh [--json FILE]
exec "$(dirname -- "$0")/run-main.sh" ExitBenchmark "$@"
