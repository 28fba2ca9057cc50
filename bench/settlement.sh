#!/usr/bin/env bash
# How many settlements a second, against what pgbench reaches for the same rows. See README.md beside it.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."

KEYS=${KEYS:-1000}
SETTLEMENTS=${SETTLEMENTS:-30000}
CONNECTIONS=${CONNECTIONS:-250}
UNCOUNTED=${UNCOUNTED:-10000}
SECONDS_EACH=${SECONDS_EACH:-4}
ROUNDS=${ROUNDS:-5}
WARM_UPS=${WARM_UPS:-6}

source bench/common.sh

load() {
  java -Xmx256m bench/Load.java --authorization "Bearer $TENANTRY_MASTER_KEY" --connections "$CONNECTIONS" --warm-up 0 --seconds 60 "$@"
}

admit() {
  load --url "$service/v1/admissions" --body-file "$WORK/admission.json" --must-contain '"admitted":true' --requests "$((UNCOUNTED + SETTLEMENTS))" \
    --keys "$KEYS" --collect "$WORK/ids.txt" >/dev/null
}

# Each settles an admission of its own, none twice; the first ones only warm up the generator. The mean size of a group comes from the service's own metrics.
settle() {
  local groups settled line
  groups=$(meter tenantry_ledger_group_size_count)
  settled=$(meter tenantry_ledger_group_size_sum)
  line=$(load --url "$service/v1/admissions/{id}/settlement" --body-file "$WORK/settlement.json" --must-contain '"cost_usd"' --ids "$WORK/ids.txt" \
    --uncounted "$UNCOUNTED")
  groups=$(($(meter tenantry_ledger_group_size_count) - groups))
  settled=$(($(meter tenantry_ledger_group_size_sum) - settled))
  printf '%s group=%s' "$line" $(((settled + groups - 1) / groups))
}

# postgres CLIENTS GROUP: transactions of the same rows, straight to the database.
postgres() {
  pgbench -h 127.0.0.1 -p "$postgres_port" -U postgres -n -M prepared -c "$1" -j 1 -T "$SECONDS_EACH" -D group="$2" -D keys="$KEYS" \
    -f bench/settlement.sql postgres 2>"$WORK/pgbench.log" |
    awk -v group="$2" '/^tps/ { printf "rate=%d", $3 * group } /latency average/ { latency = $4 } /number of failed transactions/ { failed = $5 }
      END { printf " p50_us=%d p99_us=0 errors=%d", latency * 1000, failed }'
}

row() {
  printf '%-34s %12s %9s %9s %8s %8s\n' "$2" "$(median_of "$1" rate)" "$(median_of "$1" p50_us)" "$3" "$(errors_of "$1")" "$(median_of settlement group)"
}

round() {
  local line group
  say "round $1 of $ROUNDS"
  admit
  line=$(settle)
  note settlement "$line"
  group=$(median_of settlement group)
  line=$(postgres 1 "$group")
  note pgbench-1 "$line"
  line=$(postgres 4 "$group")
  note pgbench-4 "$line"
}

require_tools pgbench
start_service
java -Xmx128m -cp "$driver" bench/Keys.java "$database" "$KEYS"
printf '{"request_id": "bench-{n}", "api_key": "sk-bench-{k}", "model": "gpt-4o", "input_tokens": 900, "max_output_tokens": 600}' >"$WORK/admission.json"
printf '{"input_tokens": 900, "output_tokens": 100}' >"$WORK/settlement.json"
for i in $(seq "$WARM_UPS"); do
  say "warm-up $i of $WARM_UPS"
  admit
  settle >/dev/null
  postgres 1 50 >/dev/null
done
for i in $(seq "$ROUNDS"); do round "$i"; done

best=$(printf '%s\n' "$(median_of pgbench-1 rate)" "$(median_of pgbench-4 rate)" | sort -n | tail -n 1)
printf '\n%-34s %12s %9s %9s %8s %8s\n' "" "settled/s" "p50 us" "p99 us" "errors" "group"
row settlement "settlement" "$(median_of settlement p99_us)"
row pgbench-1 "pgbench, same rows, 1 client" -
row pgbench-4 "the same, 4 clients" -
printf '\n'
target "settlement / pgbench (the better one)" "$(ratio "$(median_of settlement rate)" "$best")" least 0.50
machine "$(pgbench --version)" \
  "load      $SETTLEMENTS settlements, $CONNECTIONS connections, closed loop, median of $ROUNDS rounds; service with $SERVICE_JAVA_OPTS"
[ "$(($(errors_of settlement) + $(errors_of pgbench-1) + $(errors_of pgbench-4)))" = 0 ] || die "there were errors"
