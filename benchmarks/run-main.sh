#!/bin/sh
# Builds the benchmarks and runs one of their programs: run-main.sh CLASS ARGUMENTS…
set -eu
: "${JAVA_HOME:?set JAVA_HOME to a JDK 25}"
cd "$(dirname -- "$0")/.."
path=benchmarks/target/classpath.txt
goals=compile
if [ ! -s "$path" ] || [ benchmarks/pom.xml -nt "$path" ]; then
    goals="compile org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath"
fi
# shellcheck disable=SC2086 # one word per goal
mvn -q -B -ntp -pl benchmarks -am -DskipTests -Dmdep.outputFile="$PWD/$path" $goals
exec "$JAVA_HOME/bin/java" --enable-native-access=ALL-UNNAMED -Xmx1g \
    -cp "benchmarks/target/classes:$(cat "$path")" "io.understudy.benchmarks.$@"
