#!/usr/bin/env bash
# Shows that the checks under fire can fail: plants each fault of tests/faults.list in turn and demands that its check
# fails, and that every check passes with none planted. `bash tests/faults.sh [FAULT…]`; all of them by default.
# A fault in the table with `server:` in front of it is planted in the servers that a test starts, and not in the test;
# `all` after a check demands that every test that it names fails, on each engine.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TERM_COLOR=never RUST_BACKTRACE=0

cargo build --locked --quiet --features test-faults
api=$(cargo test --locked --test api --features test-faults --no-run 2>&1 | sed -n 's/^ *Executable .*(\(.*\))$/\1/p')
[ -x "$api" ] || { echo "the tests can't be built"; exit 1; }
log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=0
while read -r fault check each; do
    case $fault in '' | '#'*) continue ;; esac
    where=THREEKEYS_FAULT
    if [ "$fault" != "${fault#server:}" ]; then where=THREEKEYS_SERVER_FAULT; fi
    fault=${fault#server:}
    if [ $# -gt 0 ] && [[ " $* " != *" $fault "* ]]; then continue; fi
    if ! timeout 600 "$api" "$check" --nocapture >"$log" 2>&1 || ! grep -q '^test result: ok. [1-9]' "$log"; then
        echo "NOT OK  $fault: $check does not pass without it"
        tail -n 30 "$log"
        failed=1
    elif grep -q 'SKIPPED' "$log"; then
        echo "NOT OK  $fault: $check is skipped here"
        failed=1
    elif env "$where=$fault" timeout 600 "$api" "$check" >"$log" 2>&1; then
        echo "NOT OK  $fault: $check does not see it"
        tail -n 30 "$log"
        failed=1
    elif ! grep -q '^test result: FAILED' "$log"; then
        echo "NOT OK  $fault: $check did not come to an end"
        failed=1
    elif grep -q 'not ready after' "$log"; then
        echo "NOT OK  $fault: with it the server does not even start"
        failed=1
    elif [ "$each" = all ] && grep -q '^test .*ok$' "$log"; then
        echo "NOT OK  $fault: $(grep -c '^test .*ok$' "$log") of $check do not see it"
        failed=1
    else
        echo "ok      $fault: seen by $(grep -c '^test .*FAILED$' "$log") of $check"
    fi
done <tests/faults.list
exit $failed
