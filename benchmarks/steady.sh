#!/usr/bin/env bash
# Memory outside the heap over a long run: steady.sh [--for 30m] [--every 60] [--json FILE] [option of 'run' …]
# Starts './understudy run' with native memory tracking and samples primary and backup. Ends with
# status 1 if direct memory grew: median of the last third above that of the middle third by more
# than 1 percent.
set -euo pipefail
: "${JAVA_HOME:?set JAVA_HOME to a JDK 25}"
cd "$(dirname -- "$0")/.."

duration=30m every=60 json=
options=()
while [ $# -gt 0 ]; do
    case $1 in
        --for) duration=$2; shift 2 ;;
        --every) every=$2; shift 2 ;;
        --json) json=$2; shift 2 ;;
        *) options+=("$1"); shift ;;
    esac
done

work=$(mktemp -d)
command=(./understudy run --for "$duration" --epoch 25ms --json "$work/run.json")
command+=(${options[@]+"${options[@]}"})
JDK_JAVA_OPTIONS=-XX:NativeMemoryTracking=summary "${command[@]}" >"$work/out" 2>"$work/err" &
run=$!
trap 'kill "$run" 2>/dev/null || true; rm -rf "$work"' EXIT

pid_of() { awk -v role="$1" '$1 == role && $2 == "PID" { print $3; exit }' "$work/out" "$work/err"; }

# Committed KiB of a category of native memory; of everything for Total.
committed() { sed -n "s/^-* *$1[ :(].*committed=\([0-9]*\)KB.*/\1/p" "$work/native" | head -1; }

# sample ROLE PID: a line "second role residentKb directKb nativeKb heapUsedKb", nothing once it ended.
sample() {
    "$JAVA_HOME/bin/jcmd" "$2" VM.native_memory summary scale=KB >"$work/native" 2>/dev/null || return 0
    local resident heap
    resident=$(awk '/^VmRSS/ { print $2 }' "/proc/$2/status" 2>/dev/null) || return 0
    heap=$("$JAVA_HOME/bin/jcmd" "$2" GC.heap_info 2>/dev/null | sed -n 's/.* used \([0-9]*\)K.*/\1/p' | head -1)
    # "Other" is what allocates outside the heap: segments, direct buffers, the transport's pool.
    echo "$SECONDS $1 ${resident:-0} $(committed Other) $(committed Total) ${heap:-0}"
}

: >"$work/samples"
SECONDS=0
next=$every
while kill -0 "$run" 2>/dev/null; do
    sleep 1
    [ "$SECONDS" -ge "$next" ] || continue
    next=$((SECONDS + every))
    for role in primary backup; do
        pid=$(pid_of "$role")
        [ -z "$pid" ] || sample "$role" "$pid" | tee -a "$work/samples" >&2
    done
done
status=0
wait "$run" || status=$?

# verdict ROLE: "middle last grown", from the medians of thirds of its samples.
verdict() {
    awk -v role="$1" '$2 == role { kb[n++] = $4 }
        function median(from, to,    i, j, t, a) {
            for (i = from; i < to; i++) a[i - from] = kb[i]
            for (i = 1; i < to - from; i++)
                for (j = i; j > 0 && a[j - 1] > a[j]; j--) { t = a[j]; a[j] = a[j - 1]; a[j - 1] = t }
            return a[int((to - from) / 2)]
        }
        END {
            if (n < 3) { print "0 0 true"; exit }
            middle = median(int(n / 3), int(2 * n / 3)); last = median(int(2 * n / 3), n)
            print middle, last, (last > middle * 1.01 ? "true" : "false")
        }' "$work/samples"
}

{
    printf '{\n  "schemaVersion": 1,\n  "command": "%s",\n  "loadAverage": "%s",\n' \
        "${command[*]/$work\/run.json/FILE}" "$(cut -d' ' -f1-3 /proc/loadavg)"
    for role in primary backup; do
        read -r middle last grown <<<"$(verdict "$role")"
        printf '  "%s": {\n    "directMiddleThirdKb": %s,\n    "directLastThirdKb": %s,\n    "grew": %s,\n    "samples": [\n' \
            "$role" "$middle" "$last" "$grown"
        awk -v role="$role" '$2 == role {
            printf "%s      {\"second\": %d, \"residentKb\": %d, \"directKb\": %d, \"nativeKb\": %d, \"heapUsedKb\": %d}", \
                separator, $1, $3, $4, $5, $6; separator = ",\n" } END { print "" }' "$work/samples"
        printf '    ]\n  },\n'
    done
    printf '  "runStatus": %s,\n  "run": ' "$status"
    if [ -s "$work/run.json" ]; then cat "$work/run.json"; else echo null; fi
    echo '}'
} >"$work/result.json"
if [ -n "$json" ]; then cp "$work/result.json" "$json"; else cat "$work/result.json"; fi
tail -6 "$work/out" >&2
grew=false
for role in primary backup; do
    read -r middle last grown <<<"$(verdict "$role")"
    echo "$role: direct memory $middle KiB in the middle third, $last KiB in the last; grew: $grown" >&2
    [ "$grown" = false ] || grew=true
done
[ "$status" = 0 ] && [ "$grew" = false ]
