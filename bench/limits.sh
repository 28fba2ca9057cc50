#!/usr/bin/env bash
# What each further limit costs Redis. See README.md beside it.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."

CONNECTIONS=${CONNECTIONS:-20}
CALLS=${CALLS:-40000}
ROUNDS=${ROUNDS:-3}

source bench/common.sh

rpm='"rpm_limit": 100000000'
tpm='"tpm_limit": 10000000000'
tpd='"tpd_limit": 100000000000'
usd='"max_budget": 1000000'
model='"model_rpm_limit": {"gpt-4o": 100000000}'
models='"model_tpm_limit": {"gpt-4o": 10000000000}, "model_itpm_limit": {"gpt-4o": 10000000000}, "model_otpm_limit": {"gpt-4o": 10000000000}'
windows='"budget_limits": ['
for hours in 1 2 3 4 6 8 12 24; do windows="$windows{\"budget_duration\": \"${hours}h\", \"max_budget\": 1000000},"; done
windows="${windows%,}]"

# on_one_level LIMITS: a key of nobody's. on_four NAME KEY MEMBER TEAM ORGANIZATION: each level's limits.
on_one_level() { manage /key/generate "{$1}" key; }

on_four_levels() {
  local organization team user
  organization=$(manage /organization/new "{\"organization_alias\": \"bench\", $4}" organization_id)
  team=$(manage /team/new "{\"team_alias\": \"bench\", \"organization_id\": \"$organization\", $3}" team_id)
  user=$(manage /user/new '{"auto_create_key": false}' user_id)
  manage /team/member_add "{\"team_id\": \"$team\", \"member\": {\"user_id\": \"$user\", \"role\": \"user\"}}" team_id >/dev/null
  manage /team/member_update "{\"team_id\": \"$team\", \"user_id\": \"$user\", $2}" team_id >/dev/null
  manage /key/generate "{\"team_id\": \"$team\", \"user_id\": \"$user\", $1}" key
}

admit() {
  curl -fsS --max-time 5 -H "Authorization: Bearer $TENANTRY_MASTER_KEY" -H 'Content-Type: application/json' \
    -d "{\"request_id\": \"$2-$RANDOM$RANDOM\", \"api_key\": \"$1\", \"model\": \"gpt-4o\", \"input_tokens\": 900, \"max_output_tokens\": 600}" "$service/v1/admissions"
}

# capture KEY: the call of one admission, and how many limits it was asked.
capture() {
  admit "$1" warm >/dev/null
  redis-cli -h 127.0.0.1 -p "$redis_port" monitor >"$WORK/monitor.txt" &
  helper_pid=$!
  sleep 0.5
  asked=$(admit "$1" captured | grep -o '"remaining":' | wc -l)
  sleep 0.5
  stop "$helper_pid"
  helper_pid=""
}

# Redis' own account of its processor time, in microseconds: what else the machine does is not in it.
processor() { redis-cli -h 127.0.0.1 -p "$redis_port" info cpu | tr -d '\r' | awk -F: '/^used_cpu_(sys|user):/ { sum += $2 } END { printf "%d", sum * 1000000 }'; }

replay() { java -Xmx128m bench/Replay.java "$WORK/monitor.txt" "$redis_port" "$CONNECTIONS" "$CALLS" 16; }

# cost LEVELS KEY
cost() {
  local before line
  capture "$2"
  replay >/dev/null
  for i in $(seq "$ROUNDS"); do
    before=$(processor)
    line=$(replay)
    note "$1-$asked" "processor=$((($(processor) - before) * 100 / CALLS)) $line"
  done
  printf '%-8s %8s %14s %14s\n' "$1" "$asked" "$(ratio "$(median_of "$1-$asked" processor)" 100)" "$(median_of "$1-$asked" rate)" >>"$WORK/table.txt"
}

require_tools redis-cli
start_service
redis-cli -h 127.0.0.1 -p "$redis_port" config set save '' >/dev/null # a snapshot in between is not what is measured
cost 1 "$(on_one_level "$rpm")"
cost 1 "$(on_one_level "$rpm, $tpm")"
cost 1 "$(on_one_level "$rpm, $tpm, $tpd, $usd")"
cost 1 "$(on_one_level "$rpm, $tpm, $tpd, $usd, $model, $models")"
cost 1 "$(on_one_level "$rpm, $tpm, $tpd, $usd, $model, $models, $windows")"
cost 4 "$(on_four_levels "$rpm" "$rpm" "$rpm" "$rpm")"
cost 4 "$(on_four_levels "$rpm, $tpm" "$rpm, $tpm" "$rpm, $tpm" "$rpm, $tpm")"
cost 4 "$(on_four_levels "$rpm, $tpm, $tpd, $model, $usd" "$rpm, $tpm, \"max_budget_in_team\": 1000000" "$rpm, $tpm, $tpd, $usd" "$rpm, $tpm, $tpd, $usd")"
printf '\n%-8s %8s %14s %14s\n' levels limits "Redis us each" "calls/s"
cat "$WORK/table.txt"
machine "Redis     $(redis-cli -h 127.0.0.1 -p "$redis_port" info server | sed -n 's/^redis_version:\([^\r]*\).*/\1/p')" \
  "load      $CALLS calls, $CONNECTIONS connections, 16 at a time, median of $ROUNDS; processor time as Redis counts it"
