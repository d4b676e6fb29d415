#!/usr/bin/env bash
# Pause, differences and stream of the checkpoint pipeline as ratios: pipeline.sh [--json FILE]
# Status 1 if a goal is missed.
set -euo pipefail
: "${JAVA_HOME:?set JAVA_HOME to a JDK 25}"
cd "$(dirname -- "$0")/.."
json=/dev/null
while [ $# -gt 0 ]; do
    case $1 in
        --json) json=$2; shift 2 ;;
        *) echo "pipeline.sh: unknown argument '$1'" >&2; exit 2 ;;
    esac
done

# shellcheck disable=SC2086 # several arguments
mvn -q -B -ntp ${MAVEN_ARGS:-} -pl checkpoint-core,replication -am test-compile \
    org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath \
    -Dmdep.outputFile=target/test-classpath.txt -Dspotless.check.skip=true -Djacoco.skip=true

# ratios MODULE CLASS: one JSON object a line.
ratios() {
    "$JAVA_HOME/bin/java" --enable-native-access=ALL-UNNAMED -Xmx2g \
        --sun-misc-unsafe-memory-access=allow \
        -cp "$1/target/test-classes:$1/target/classes:$(cat "$1/target/test-classpath.txt")" "$2"
}

status=0
lines=$(ratios checkpoint-core io.understudy.checkpoint.encoding.PipelineSpeed) || status=1
lines+=$'\n'$(ratios replication io.understudy.replication.host.StreamSpeed) || status=1
{
    printf '{\n  "schemaVersion": 1,\n  "loadAverage": "%s",\n  "ratios": [\n' \
        "$(cut -d' ' -f1-3 /proc/loadavg)"
    printf '%s' "$lines" | sed 's/^/    /; $!s/$/,/'
    printf '\n  ]\n}\n'
} >"$json"
exit "$status"
