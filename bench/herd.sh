#!/usr/bin/env bash
# What happens when an organization changes and all of its keys come back at once. See README.md beside it.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."

KEYS=${KEYS:-10000}
TIMES=${TIMES:-2}
RATE=${RATE:-4000}
CONNECTIONS=${CONNECTIONS:-1000}
ROUNDS=${ROUNDS:-5}
WARM_UPS=${WARM_UPS:-3}

source bench/common.sh

# all: each key TIMES times in a row, so that those of one key meet. They come at a fixed rate, whatever becomes of those before them.
all() {
  java -Xmx256m bench/Load.java --url "$service/v1/admissions" --authorization "Bearer $TENANTRY_MASTER_KEY" --body-file "$WORK/body.json" \
    --must-contain '"admitted":true' --connections "$CONNECTIONS" --rate "$RATE" --warm-up 0 --seconds 60 --keys "$KEYS" --times "$TIMES" --requests $((KEYS * TIMES))
}

# Each change is a new version of the organization: whatever is remembered of its keys is outdated.
change() {
  curl -fsS -o /dev/null --max-time 10 -X PATCH -H "Authorization: Bearer $TENANTRY_MASTER_KEY" -H 'Content-Type: application/json' \
    -d "{\"organization_id\": \"bench-org\", \"metadata\": {\"change\": \"$RANDOM\"}}" "$service/organization/update"
}

# counted NAME: runs them all and notes what they cost.
counted() {
  local policies statements line
  policies=$(meter tenantry_policy_loads_total)
  statements=$(meter tenantry_policy_statements_total)
  line=$(all)
  note "$1" "$line loads=$(($(meter tenantry_policy_loads_total) - policies)) statements=$(($(meter tenantry_policy_statements_total) - statements))"
}

row() {
  printf '%-26s %10s %9s %9s %9s %8s %9s %10s\n' "$2" "$(median_of "$1" rate)" "$(median_of "$1" p50_us)" "$(median_of "$1" p99_us)" "$(median_of "$1" max_us)" \
    "$(errors_of "$1")" "$(median_of "$1" loads)" "$(median_of "$1" statements)"
}

require_tools
start_service -Dquarkus.http.limits.max-connections=$((CONNECTIONS * 2))
java -Xmx128m -cp "$driver" bench/Keys.java "$database" "$KEYS"
printf '{"request_id": "bench-{n}", "api_key": "sk-bench-{k}", "model": "gpt-4o", "input_tokens": 900, "max_output_tokens": 600}' >"$WORK/body.json"

counted first # nothing is compiled yet
for i in $(seq "$WARM_UPS"); do
  change
  counted warm-up
  counted warm-up
done
for i in $(seq "$ROUNDS"); do
  say "round $i of $ROUNDS"
  counted warm
  change
  counted herd
done

printf '\n%-26s %10s %9s %9s %9s %8s %9s %10s\n' "" "requests/s" "p50 us" "p99 us" "max us" "errors" "loads" "statements"
row first "a new instance"
row warm "warm"
row herd "after a change"
printf '\n'
target "loads per key after a change" "$(ratio "$(median_of herd loads)" "$KEYS")" most 1
target "errors" "$(($(errors_of herd) + $(errors_of warm)))" most 0
printf '%-44s %8s   (p99 after a change / warm)\n' "what a herd costs" "$(ratio "$(median_of herd p99_us)" "$(median_of warm p99_us)")"
machine "load      $KEYS keys of one organization, $TIMES requests each, $RATE a second in an open loop, median of $ROUNDS rounds; service with $SERVICE_JAVA_OPTS"
[ "$(($(errors_of herd) + $(errors_of warm)))" = 0 ] || die "there were errors"
