#!/bin/sh
# VM entries and exits of a hypervisor that is guest code: entries.sh [--json FILE]
exec "$(dirname -- "$0")/run-main.sh" EntryBenchmark "$@"
