#!/usr/bin/env bash
# What guarding descriptor tables costs a guest that computes: guard.sh [--for 60s] [--json FILE]
# Runs './understudy guard' with its default guest. Status 1 if the median of the pairs is 2 % or more.
set -euo pipefail
: "${JAVA_HOME:?set JAVA_HOME to a JDK 25}"
here=$PWD
cd "$(dirname -- "$0")/.."

duration=60s json=
while [ $# -gt 0 ]; do
    case $1 in
        --for) duration=$2; shift 2 ;;
        --json) json=$(cd "$here" && realpath -m -- "$2"); shift 2 ;;
        *) echo "guard.sh: unknown argument '$1'" >&2; exit 2 ;;
    esac
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
load=$(cut -d' ' -f1-3 /proc/loadavg)
./understudy guard --for "$duration" --json "$work/guard.json"
if [ -n "$json" ]; then cp "$work/guard.json" "$json"; fi
cost=$(sed -n 's/^  "costHostPercent": \([-0-9.E]*\).*/\1/p' "$work/guard.json")
[ -n "$cost" ] || { echo "guard.sh: nothing was compared; give a longer --for" >&2; exit 1; }
echo "load average before: $load; goal: less than 2 %"
awk -v cost="$cost" 'BEGIN { exit !(cost < 2) }'
