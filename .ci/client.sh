#!/usr/bin/env bash
# Lints openapi/openapi.json with Redocly's recommended rules, and compiles tests/client against a TypeScript client that
# stock generators make from it. Works in a temporary folder; versions are those of .ci/client/package-lock.json.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp .ci/client/package.json .ci/client/package-lock.json .redocly.yaml openapi/openapi.json tests/client/*.ts "$work"
cd "$work"
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true NO_COLOR=1
npm ci --no-audit --no-fund --loglevel=error </dev/null
bin=$work/node_modules/.bin

"$bin/redocly" lint --config .redocly.yaml --format json openapi.json >lint.json 2>lint.err || true
# Warnings count as much as errors.
node -e '
    const { totals, problems } = JSON.parse(require("fs").readFileSync("lint.json", "utf8"));
    for (const p of problems) console.log(`${p.severity} ${p.ruleId} ${p.location[0]?.pointer ?? ""}: ${p.message}`);
    console.log(`Redocly: ${totals.errors} errors, ${totals.warnings} warnings`);
    process.exit(totals.errors + totals.warnings === 0 ? 0 : 1);
' || { cat lint.err; exit 1; }

"$bin/openapi-typescript" openapi.json -o schema.d.ts >/dev/null
"$bin/tsc" --strict --noEmit --noUncheckedIndexedAccess --exactOptionalPropertyTypes --noUnusedLocals \
    --target es2022 --module esnext --moduleResolution bundler --lib es2022,dom,dom.iterable ./*.ts
echo "TypeScript: the generated client and $(cd "$OLDPWD" && ls tests/client/*.ts | wc -l) files of its use compile under strict"
