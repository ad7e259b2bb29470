#!/usr/bin/env bash
# Everything under fire at its full size, each part after the other, all of them whatever fails: some hours on two cores.
#
#   bash tests/fire.sh            # every part
#   bash tests/fire.sh PART…      # fire flood enumeration gate matrix schemathesis load faults
#
# `.ci/run` has the same checks in the size that a minute allows. Wants cargo, PostgreSQL's server binaries and wrk. Says what
# failed at its end.
set -uo pipefail
cd "$(dirname "$0")/.."
export CARGO_TERM_COLOR=never THREEKEYS_TEST_POSTGRES=required

cargo build --release --locked --bin threekeys && cargo build --locked || exit 1
api=$(cargo test --locked --test api --no-run 2>&1 | sed -n 's/^ *Executable .*(\(.*\))$/\1/p')
[ -x "$api" ] || { echo "the tests can't be built"; exit 1; }
release=$PWD/target/release/threekeys

# What is timed has the machine to itself: one test after the other, against the release binary.
timed() { env THREEKEYS_TEST_BINARY="$release" "$@" --nocapture --test-threads=1; }
fire() { env THREEKEYS_FIRE=full "$api" fire::; }
flood() { timed env THREEKEYS_FLOOD_SECONDS=60 "$api" gate::flood; }
enumeration() { timed env THREEKEYS_SAMPLES=2000 "$api" gate::enumeration; }
gate() { "$api" gate:: --skip gate::flood --skip gate::enumeration; }
matrix() { "$api" matrix:: second_factors; }
faults() { bash tests/faults.sh; }
schemathesis() { bash .ci/schemathesis.sh --bounded --cases 10; }
load() { tests/load/run --hundredfold; }
export -f timed fire flood enumeration gate matrix faults schemathesis load
export api release

failed=()
for part in "${@:-fire flood enumeration gate matrix schemathesis load faults}"; do
    for one in $part; do
        printf '\n=== %s\n' "$one"
        since=$SECONDS
        timeout 3600 bash -c "$one" || failed+=("$one")
        printf -- '--- %s: %d s\n' "$one" $((SECONDS - since))
    done
done
if ((${#failed[@]})); then
    echo "failed: ${failed[*]}"
    exit 1
fi
echo "everything held"
