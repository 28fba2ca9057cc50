#!/usr/bin/env bash
# The same limits by other means, on the same Redis. See README.md beside it.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."

CONNECTIONS=${CONNECTIONS:-50}
SECONDS_EACH=${SECONDS_EACH:-5}
ROUNDS=${ROUNDS:-3}
WARM_UPS=${WARM_UPS:-4}
TIGHT=${TIGHT:-500}
TRIES=${TRIES:-3000}

source bench/common.sh

# make_key REQUESTS: eight limits on four levels; all but the team's requests, and its key's, are so high that they refuse nothing.
make_key() {
  local plenty='"rpm_limit": 100000000, "tpm_limit": 10000000000'
  local organization team user
  organization=$(manage /organization/new "{\"organization_alias\": \"bench\", $plenty}" organization_id)
  team=$(manage /team/new "{\"team_alias\": \"bench\", \"organization_id\": \"$organization\", \"rpm_limit\": $1, \"tpm_limit\": 10000000000, \"max_budget\": 1000000}" team_id)
  user=$(manage /user/new '{"auto_create_key": false}' user_id)
  manage /team/member_add "{\"team_id\": \"$team\", \"member\": {\"user_id\": \"$user\", \"role\": \"user\"}, \"max_budget_in_team\": 1000000}" team_id >/dev/null
  manage /key/generate "{\"team_id\": \"$team\", \"user_id\": \"$user\", \"rpm_limit\": $1, \"tpm_limit\": 10000000000}" key
}

# tenantry KEY [MORE…]: over HTTP, as a proxy asks.
tenantry() {
  printf '{"request_id": "bench-{n}", "api_key": "%s", "model": "gpt-4o", "input_tokens": 900, "max_output_tokens": 600}' "$1" >"$WORK/body.json"
  shift
  java -Xmx256m bench/Load.java --url "$service/v1/admissions" --authorization "Bearer $TENANTRY_MASTER_KEY" --body-file "$WORK/body.json" \
    --connections "$CONNECTIONS" --must-contain '"admitted":true' "$@"
}

# peer NAME TENANTS SECONDS REQUESTS TIGHT
peer() {
  java -Xmx256m -cp "$peers" bench/peers/Peers.java "$redis_port" "$1" "$CONNECTIONS" "$2" "$3" "$4" "$5" 2> >(grep -v SLF4J >&2)
}

# ours: with the calls to Redis that the service counts itself
ours() {
  local calls line
  calls=$(meter tenantry_redis_round_trips_total)
  decisions=$(meter tenantry_decisions_total)
  line=$(tenantry "$plenty_key" --seconds "$SECONDS_EACH")
  calls=$(($(meter tenantry_redis_round_trips_total) - calls))
  decisions=$(($(meter tenantry_decisions_total) - decisions))
  printf '%s commands_x100=%s' "$line" "$((calls * 100 / (decisions > 0 ? decisions : 1)))"
}

# beyond ADMITTED MILLIS: what was admitted beyond a full bucket and its refill.
beyond() { awk -v a="$1" -v ms="$2" -v limit="$TIGHT" 'BEGIN { over = a - limit - limit * ms / 60000; printf "%d", (over > 0 ? int(over + 0.999) : 0) }'; }

# A new key each time, so a full bucket. Fixed windows have no refill: theirs is the plain limit.
exactness() {
  local line admitted rate
  line=$(tenantry "$(make_key "$TIGHT")" --warm-up 0 --requests "$TRIES" --seconds 30 2>/dev/null)
  admitted=$(figure "$line" answered)
  rate=$(figure "$line" rate)
  note tenantry-tight "beyond=$(beyond "$admitted" $((admitted * 1000 / (rate > 0 ? rate : 1)))) $line"
  line=$(peer bucket4j 1 30 "$TRIES" "$TIGHT")
  note bucket4j-tight "beyond=$(beyond "$(figure "$line" admitted)" "$(figure "$line" millis)") $line"
  line=$(peer two-calls 1 30 "$TRIES" "$TIGHT")
  note two-calls-tight "beyond=$(beyond "$(figure "$line" admitted)" 0) $line"
}

round() {
  local line
  say "round $1 of $ROUNDS"
  line=$(ours)
  note tenantry "$line"
  for name in bucket4j two-calls; do
    line=$(peer "$name" 1 "$SECONDS_EACH" 0 0)
    note "$name" "$line"
    line=$(peer "$name" "$CONNECTIONS" "$SECONDS_EACH" 0 0)
    note "$name-apart" "$line"
  done
  exactness
}

row() {
  printf '%-38s %10s %9s %9s %8s %14s %16s\n' "$2" "$(median_of "$1" rate)" "$(median_of "$1" p50_us)" "$(median_of "$1" p99_us)" "$(errors_of "$1")" \
    "$(ratio "$(median_of "$1" commands_x100)" 100)" "${3:-}"
}

require_tools
say "resolving the peers"
./mvnw -B -ntp -q -f bench/peers/pom.xml org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath -Dmdep.outputFile="$WORK/peers.txt"
peers=$(cat "$WORK/peers.txt")
start_service
plenty_key=$(make_key 100000000)
for i in $(seq "$WARM_UPS"); do
  say "warm-up $i of $WARM_UPS"
  tenantry "$plenty_key" --seconds "$SECONDS_EACH" >/dev/null 2>&1
done
for i in $(seq "$ROUNDS"); do round "$i"; done

printf '\n%-38s %10s %9s %9s %8s %14s %16s\n' "" "decisions/s" "p50 us" "p99 us" "errors" "calls each" "admitted beyond"
row tenantry "tenantry, over HTTP" "$(median_of tenantry-tight beyond)"
row bucket4j "bucket4j, in process" "$(median_of bucket4j-tight beyond)"
row bucket4j-apart "  the same, a tenant for each caller"
row two-calls "two calls by hand, in process" "$(median_of two-calls-tight beyond)"
row two-calls-apart "  the same, a tenant for each caller"
printf '\n'
target "tenantry: admitted beyond the limit" "$(median_of tenantry-tight beyond)" most 0
printf '%-44s %8s\n' "tenantry / bucket4j" "$(ratio "$(median_of tenantry rate)" "$(median_of bucket4j rate)")"
printf '%-44s %8s\n' "tenantry / two calls" "$(ratio "$(median_of tenantry rate)" "$(median_of two-calls rate)")"
machine "peers     $(tr ':' '\n' <"$WORK/peers.txt" | sed -n 's#.*/\(bucket4j_jdk17-lettuce-[0-9.]*[0-9]\|lettuce-core-[0-9.]*[0-9]\).*#\1#p' | paste -sd ' ')" \
  "load      $CONNECTIONS callers, closed loop, median of $ROUNDS rounds of $SECONDS_EACH s; limit for exactness $TIGHT a minute, $TRIES tried; service with $SERVICE_JAVA_OPTS"
[ "$(errors_of tenantry)" = 0 ] && [ "$(errors_of bucket4j)" = 0 ] && [ "$(errors_of two-calls)" = 0 ] || die "there were errors"
