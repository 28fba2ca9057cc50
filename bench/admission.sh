#!/usr/bin/env bash
# How fast an admission is here, against a request that does nothing and against Redis alone. See README.md beside it.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."

CONNECTIONS=${CONNECTIONS:-50}
SECONDS_EACH=${SECONDS_EACH:-5}
ROUNDS=${ROUNDS:-5}
WARM_UPS=${WARM_UPS:-4}

source bench/common.sh

# Eight limits on four levels, so high that nothing is refused. A budget's nano-dollars must stay exact in Lua: 1e6 USD are 1e15.
make_key() {
  local rates='"rpm_limit": 100000000, "tpm_limit": 10000000000'
  local organization team user
  organization=$(manage /organization/new "{\"organization_alias\": \"bench\", $rates}" organization_id)
  team=$(manage /team/new "{\"team_alias\": \"bench\", \"organization_id\": \"$organization\", $rates, \"max_budget\": 1000000}" team_id)
  user=$(manage /user/new '{"auto_create_key": false}' user_id)
  manage /team/member_add "{\"team_id\": \"$team\", \"member\": {\"user_id\": \"$user\", \"role\": \"user\"}, \"max_budget_in_team\": 1000000}" team_id >/dev/null
  manage /key/generate "{\"team_id\": \"$team\", \"user_id\": \"$user\", $rates}" key
}

# load PATH SECONDS [RATE]: one line of figures; with a rate an open loop, whose generator must be compiled before it is counted: what it takes meanwhile
# delays both what it measures and its own clock.
load() {
  local more=()
  [ "$1" = /v1/noop ] || more+=(--must-contain '"admitted":true')
  [ -z "${3:-}" ] || more+=(--rate "$3" --warm-up 4)
  java -Xmx256m bench/Load.java --url "$service$1" --authorization "Bearer $TENANTRY_MASTER_KEY" --body-file "$WORK/body.json" \
    --connections "$CONNECTIONS" --seconds "$2" "${more[@]}"
}

admit_once() {
  curl -fsS --max-time 5 -H "Authorization: Bearer $TENANTRY_MASTER_KEY" -H 'Content-Type: application/json' \
    -d "$(sed "s/{n}/once-$1/" "$WORK/body.json")" "$service/v1/admissions"
}

capture_reservation() {
  local answer
  answer=$(admit_once warm)
  case "$answer" in
    *'"admitted":true'*) ;;
    *) die "an admission was refused: $answer" ;;
  esac
  redis-cli -h 127.0.0.1 -p "$redis_port" monitor >"$WORK/monitor.txt" &
  helper_pid=$!
  sleep 0.5
  admit_once captured >/dev/null
  sleep 0.5
  stop "$helper_pid"
  helper_pid=""
}

# replay REQUESTS [PIPELINE]: the same line of figures.
replay() { java -Xmx128m bench/Replay.java "$WORK/monitor.txt" "$redis_port" "$CONNECTIONS" "$1" "${2:-1}"; }

row() {
  printf '%-34s %10s %9s %9s %8s\n' "$2" "$(median_of "$1" rate)" "$(median_of "$1" p50_us)" "$(median_of "$1" p99_us)" "$(errors_of "$1")"
}

rate_against() { ratio "$(median_of admission rate)" "$(median_of "$1" rate)"; }

# Each on a line of its own: a measurement that fails ends the bench instead of dropping out of the median.
round() {
  local line half
  say "round $1 of $ROUNDS"
  line=$(load /v1/noop "$SECONDS_EACH")
  note noop "$line"
  line=$(load /v1/admissions "$SECONDS_EACH")
  note admission "$line"
  line=$(replay $((redis_rate * SECONDS_EACH)))
  note redis "$line"
  line=$(replay $((redis_rate * SECONDS_EACH)) 16)
  note pipelined "$line"
  half=$(($(median_of admission rate) / 2))
  line=$(load /v1/noop "$SECONDS_EACH" "$half")
  note noop-half "$line"
  line=$(load /v1/admissions "$SECONDS_EACH" "$half")
  note admission-half "$line"
  line=$(load /v1/noop "$SECONDS_EACH" $(($(median_of noop rate) / 2)))
  note noop-own-half "$line"
}

require_tools redis-cli
start_service -Dtenantry.bench.noop=true
key=$(make_key)
printf '{"request_id": "bench-{n}", "api_key": "%s", "model": "gpt-4o", "input_tokens": 900, "max_output_tokens": 600}' "$key" >"$WORK/body.json"
capture_reservation

# A service that has not been compiled yet may miss its deadline for Redis under full load and refuse; that is not what is measured.
for i in $(seq "$WARM_UPS"); do
  say "warm-up $i of $WARM_UPS"
  load /v1/noop "$SECONDS_EACH" >/dev/null
  load /v1/admissions "$SECONDS_EACH" >/dev/null 2>&1
done
redis_rate=$(figure "$(replay 50000)" rate)

for i in $(seq "$ROUNDS"); do round "$i"; done

printf '\n%-34s %10s %9s %9s %8s\n' "" "requests/s" "p50 us" "p99 us" "errors"
row noop "no-op (POST /v1/noop)"
row admission "admission"
row redis "Redis alone, same script"
row pipelined "the same, pipelined by 16"
row noop-half "no-op, open loop at half load"
row admission-half "admission, open loop at half load"
row noop-own-half "no-op, at half of its own load"
printf '\n'
target "admission / no-op" "$(rate_against noop)" least 0.35
target "admission / Redis alone" "$(rate_against redis)" least 0.90
target "admission / pipelined" "$(rate_against pipelined)" least 0.70
target "p99 at half load, admission / no-op" "$(ratio "$(median_of admission-half p99_us)" "$(median_of noop-half p99_us)")" most 2
target "the same, each at half of its own" "$(ratio "$(median_of admission-half p99_us)" "$(median_of noop-own-half p99_us)")" most 2
machine "Redis     $(redis-cli -h 127.0.0.1 -p "$redis_port" info server | sed -n 's/^redis_version:\([^\r]*\).*/\1/p')" \
  "load      $CONNECTIONS connections, closed loop but for the last three rows, median of $ROUNDS rounds of $SECONDS_EACH s; service with $SERVICE_JAVA_OPTS"
for kind in noop admission noop-half admission-half noop-own-half; do
  [ "$(errors_of "$kind")" = 0 ] ||
    die "there were errors, so these figures say nothing about a healthy service. Is the machine busy with something else?"
done
