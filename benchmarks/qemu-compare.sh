#!/bin/sh
# The emulated processor and QEMU's TCG side by side: qemu-compare.sh [--repetitions N] [--json FILE] [kernel…]
set -eu
if ! command -v qemu-system-x86_64 > /dev/null; then
    apt-get update -q && apt-get install -y -q --no-install-recommends qemu-system-x86
fi
exec "$(dirname -- "$0")/run-main.sh" EngineComparison "$@"
