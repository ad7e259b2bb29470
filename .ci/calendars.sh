#!/usr/bin/env bash
# Calendars of the real binary, over the demonstration, read back by independent readers and compared with the API's lists:
# .ci/calendars.py. Built before with `cargo build`. The readers are installed into a folder outside the work tree; where that
# can't be done, the step is skipped and says so.
set -euo pipefail
cd "$(dirname "$0")/.."

READERS=(icalendar==7.3.2 recurring-ical-events==3.8.2 tzdata==2026.6)
tools=${XDG_CACHE_HOME:-$HOME/.cache}/threekeys-ci
venv=$tools/calendars-7.3.2-3.8.2
python=$venv/bin/python
if ! "$python" -c 'import icalendar, recurring_ical_events, tzdata' 2>/dev/null; then
    rm -rf "$venv"
    mkdir -p "$tools"
    if ! python3 -m venv "$venv" 2>"$tools/calendars.log" ||
        ! timeout 300 "$python" -m pip install --quiet --disable-pip-version-check "${READERS[@]}" \
            >>"$tools/calendars.log" 2>&1; then
        tail -n 3 "$tools/calendars.log"
        rm -rf "$venv"
        echo "SKIPPED: ${READERS[*]} can't be installed on this machine"
        exit 0
    fi
fi
binary=${CARGO_TARGET_DIR:-target}/debug/threekeys
[ -x "$binary" ] || { echo "no $binary: cargo build"; exit 1; }
exec "$python" .ci/calendars.py --binary "$binary" "$@"
