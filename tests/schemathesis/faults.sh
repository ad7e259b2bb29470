#!/usr/bin/env bash
# Shows that the run can fail: plants one fault after the other and demands that Schemathesis sees it, and that it sees
# nothing without. `bash tests/schemathesis/faults.sh`; installs what it needs as .ci/schemathesis.sh does.
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo build --locked --quiet --features test-faults
failed=0
run() { bash .ci/schemathesis.sh --engine sqlite --full --cases 3 --only "$2" --persona "$1"; }
# fault, persona, operations, a word that has to be said
while read -r fault persona operations word; do
    if ! said=$(run "$persona" "$operations" 2>&1); then
        echo "NOT OK  $fault: it does not pass without it"
        tail -n 20 <<<"$said"
        failed=1
    elif said=$(THREEKEYS_FAULT=$fault run "$persona" "$operations" 2>&1); then
        echo "NOT OK  $fault: not seen"
        failed=1
    elif ! grep -qi -- "$word" <<<"$said"; then
        echo "NOT OK  $fault: something else was seen"
        tail -n 20 <<<"$said"
        failed=1
    else
        echo "ok      $fault: seen ($word)"
    fi
done <<'FAULTS'
breaks_on_the_largest_page anonymous ^/api/v1/(areas|agencies)$ ST1
takes_foreign_fields anonymous ^/api/v1/(accounts|password-resets/requests)$ ST201
hides_nothing peers ^/api/v1/(partnerships|partnerships/.partnership_id./(memberships|seats|missions|formation)|memberships/.membership_id.)$ ST402
FAULTS
exit $failed
