#!/bin/sh
# Lengths of every instruction of 64-bit binaries, here and by binutils: decoder-compare.sh FILE...
[ $# -gt 0 ] || { echo "usage: $0 FILE..." >&2; exit 2; }
command -v objdump > /dev/null || { echo "objdump is missing: install binutils" >&2; exit 3; }
for file in "$@"; do objdump -d -w "$file" || exit 3; done |
    "$(dirname -- "$0")/run-main.sh" DecoderComparison
