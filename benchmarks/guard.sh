#!/usr/bin/env bash
# What guarding descriptor tables costs a guest that computes: guard.sh [--runs N] [--for 60s] [--json FOLDER]
# Runs './understudy guard' with its default guest N times (default 5); FOLDER gets the result of each run.
# Status 1 unless the median of every cost is below 2 % and the interval of every control has part of -0.5 to 0.5 %.
set -euo pipefail
: "${JAVA_HOME:?set JAVA_HOME to a JDK 25}"
here=$PWD
cd "$(dirname -- "$0")/.."

runs=5 duration=60s folder=
while [ $# -gt 0 ]; do
    case $1 in
        --runs) runs=$2; shift 2 ;;
        --for) duration=$2; shift 2 ;;
        --json) folder=$(cd "$here" && realpath -m -- "$2"); shift 2 ;;
        *) echo "guard.sh: unknown argument '$1'" >&2; exit 2 ;;
    esac
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
for run in $(seq "$runs"); do
    json=$work/guard-$run.json
    ./understudy guard --for "$duration" --json "$json" >"$work/out"
    echo "run $run of $runs"
    grep '^co' "$work/out" # cost, control
    # In that order: the ratio's low, median, high, then the control's.
    awk '/"(low|median|high)":/ { gsub(/[",]/, ""); v[++n] = $2 }
         END { exit !(n == 6 && v[2] < 1.02 && v[4] <= 1.005 && v[6] >= 0.995) }' "$json" || status=1
    if [ -n "$folder" ]; then mkdir -p "$folder" && cp "$json" "$folder"; fi
done
[ "$status" = 0 ] || echo "guard.sh: missed: a cost of 2 % or more, or a control that is not 0" >&2
exit "$status"
