#!/usr/bin/env bash
# Schemathesis, with all its checks, against the real binary over the demonstration: as each persona, and as two members of
# different groups who may never see each other's; on SQLite and, where its server binaries are, on PostgreSQL.
#
#   bash .ci/schemathesis.sh                          what .ci/run runs: a fixed seed, few cases, citizens and nobody, each on one engine
#   bash .ci/schemathesis.sh --bounded --cases 2      every persona, on one engine each
#   bash .ci/schemathesis.sh --minutes 60 --full --cases 20      every phase, seed after seed, for as long as wanted
#   bash .ci/schemathesis.sh --persona rosa --engine sqlite --shrink --verbose --keep FOLDER
#   bash .ci/schemathesis.sh --help
#
# Built before with `cargo build`. Schemathesis is installed into a folder outside the work tree; where that can't be done,
# the step is skipped and says so.
set -euo pipefail
cd "$(dirname "$0")/.."

VERSION=4.32.5
tools=${XDG_CACHE_HOME:-$HOME/.cache}/threekeys-ci
venv=$tools/schemathesis-$VERSION
python=$venv/bin/python
if ! "$python" -c 'import schemathesis' 2>/dev/null; then
    rm -rf "$venv"
    mkdir -p "$tools"
    if ! python3 -m venv "$venv" 2>"$tools/schemathesis.log" ||
        ! timeout 300 "$python" -m pip install --quiet --disable-pip-version-check "schemathesis==$VERSION" \
            >>"$tools/schemathesis.log" 2>&1; then
        tail -n 3 "$tools/schemathesis.log"
        rm -rf "$venv"
        echo "SKIPPED: Schemathesis $VERSION can't be installed on this machine"
        exit 0
    fi
fi
binary=${CARGO_TARGET_DIR:-target}/debug/threekeys
[ "${binary#/}" != "$binary" ] || binary=$PWD/$binary
[ -x "$binary" ] || { echo "no $binary: cargo build"; exit 1; }
# Officers and others with a second factor wait for codes, for minutes each: they are run by command.
[ $# -gt 0 ] || set -- --bounded --cases 2 --seed 3 --persona anonymous --persona rosa --persona tom --persona joe
exec "$python" tests/schemathesis/run.py --binary "$binary" "$@"
