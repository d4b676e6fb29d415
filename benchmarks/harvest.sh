#!/bin/sh
# What a harvest costs against a bare scan, without pruning, and on a larger guest: harvest.sh [--json FILE]
exec "$(dirname -- "$0")/run-main.sh" harvest.HarvestBenchmark "$@"
