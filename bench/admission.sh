#!/usr/bin/env bash
# How fast an admission is here, against a request that does nothing and against Redis alone. See README.md beside it.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."

CONNECTIONS=${CONNECTIONS:-50}
SECONDS_EACH=${SECONDS_EACH:-5}
ROUNDS=${ROUNDS:-5}
WARM_UPS=${WARM_UPS:-2}
SERVICE_JAVA_OPTS=${SERVICE_JAVA_OPTS:--Xmx1g}

JAR=target/quarkus-app/quarkus-run.jar
export TENANTRY_MASTER_KEY="sk-bench-$$-$RANDOM$RANDOM$RANDOM$RANDOM"
WORK=$(mktemp -d)
service_pid=""
monitor_pid=""

say() { printf '%s\n' "$*" >&2; }

die() {
  say "bench: $*"
  exit 1
}

stop() {
  [ -n "$1" ] && kill -0 "$1" 2>/dev/null || return 0
  kill "$1" 2>/dev/null || true
  for _ in $(seq 100); do
    kill -0 "$1" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -KILL "$1" 2>/dev/null || true
}

# The service ends its two servers itself. Had it to be killed, they are ended by the ids that they wrote down.
cleanup() {
  stop "$monitor_pid"
  stop "$service_pid"
  local file id
  for file in "$WORK"/data/postgres/postmaster.pid "$WORK"/data/redis/redis.pid; do
    if [ -r "$file" ]; then
      id=$(head -n 1 "$file")
      case "$(ps -o comm= -p "$id" 2>/dev/null)" in
        *postgres* | *redis*) stop "$id" ;;
      esac
    fi
  done
  rm -rf "$WORK"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

require_tools() {
  local tool
  for tool in java curl ps mktemp; do
    command -v "$tool" >/dev/null || die "'$tool' is not installed."
  done
  for tool in redis-cli; do
    command -v "$tool" >/dev/null || die "'$tool' is not installed. It comes with Redis: 'apt-get install redis-tools' on Debian and Ubuntu," \
      "'dnf install redis' on Fedora, 'brew install redis' on macOS."
  done
  [ -r "$JAR" ] || die "$JAR is not there. Build it first: ./mvnw package -DskipTests (without -Pcontainer: the bench uses the embedded stores)."
  compgen -G 'target/quarkus-app/lib/main/*embedded-redis*' >/dev/null ||
    die "this build carries no embedded stores. Build it with: ./mvnw package -DskipTests"
}

start_service() {
  : >"$WORK/service.log"
  # shellcheck disable=SC2086 # several options
  env -u DATABASE_URL -u REDIS_URL java $SERVICE_JAVA_OPTS \
    -Dtenantry.embedded.directory="$WORK/data" -Dtenantry.bench.noop=true -Dtenantry.log.json=false \
    -Dtenantry.prices.file=bench/prices.json -Dquarkus.http.host=127.0.0.1 -Dquarkus.http.port=0 \
    -jar "$JAR" >"$WORK/service.log" 2>&1 &
  service_pid=$!
  local tries=0
  until grep -q 'Listening on: http' "$WORK/service.log"; do
    kill -0 "$service_pid" 2>/dev/null || die "the service did not start: $(tail -n 5 "$WORK/service.log")"
    tries=$((tries + 1))
    [ "$tries" -lt 600 ] || die "the service did not start within a minute"
    sleep 0.1
  done
  service="http://127.0.0.1:$(sed -n 's/.*Listening on: http:\/\/[^:]*:\([0-9]*\).*/\1/p' "$WORK/service.log" | tail -n 1)"
  redis_port=$(sed -n 's/.*Redis on 127\.0\.0\.1:\([0-9]*\).*/\1/p' "$WORK/service.log" | tail -n 1)
  curl -fsS -o /dev/null --max-time 5 "$service/q/health/ready" || die "the service is not ready"
}

# manage PATH BODY FIELD: one management call; prints a field of the answer.
manage() {
  local answer value
  answer=$(curl -sS --max-time 10 -H "Authorization: Bearer $TENANTRY_MASTER_KEY" -H 'Content-Type: application/json' -d "$2" "$service$1")
  value=$(printf '%s' "$answer" | tr -d '\n' | sed -n "s/.*\"$3\" *: *\"\([^\"]*\)\".*/\1/p")
  [ -n "$value" ] || die "POST $1 answered: $answer"
  printf '%s' "$value"
}

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

# load PATH SECONDS: one line of figures.
load() {
  local must=()
  [ "$1" = /v1/noop ] || must=(--must-contain '"admitted":true')
  java -Xmx256m bench/Load.java --url "$service$1" --authorization "Bearer $TENANTRY_MASTER_KEY" --body-file "$WORK/body.json" \
    --connections "$CONNECTIONS" --seconds "$2" "${must[@]}"
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
  monitor_pid=$!
  sleep 0.5
  admit_once captured >/dev/null
  sleep 0.5
  stop "$monitor_pid"
  monitor_pid=""
}

# replay REQUESTS [PIPELINE]: the same line of figures.
replay() { java -Xmx128m bench/Replay.java "$WORK/monitor.txt" "$redis_port" "$CONNECTIONS" "$1" "${2:-1}"; }

figure() { sed -n "s/.*$2=\([0-9]*\).*/\1/p" <<<"$1"; }

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# median_of NAME FIGURE
median_of() { sed -n "s/.*$2=\([0-9]*\).*/\1/p" "$WORK/$1.txt" | median; }

errors_of() { sed -n "s/.*errors=\([0-9]*\).*/\1/p" "$WORK/$1.txt" | awk '{ sum += $1 } END { print sum + 0 }'; }

row() {
  printf '%-26s %10s %9s %9s %8s\n' "$2" "$(median_of "$1" rate)" "$(median_of "$1" p50_us)" "$(median_of "$1" p99_us)" "$(errors_of "$1")"
}

ratio() { awk -v a="$(median_of admission rate)" -v b="$(median_of "$1" rate)" 'BEGIN { printf "%.2f", a / b }'; }

# note NAME LINE: keeps the figures of a round.
note() {
  printf '%s\n' "$2" >>"$WORK/$1.txt"
  say "  $(printf '%-10s' "$1") $2"
}

# Each on a line of its own: a measurement that fails ends the bench instead of dropping out of the median.
round() {
  local line
  say "round $1 of $ROUNDS"
  line=$(load /v1/noop "$SECONDS_EACH")
  note noop "$line"
  line=$(load /v1/admissions "$SECONDS_EACH")
  note admission "$line"
  line=$(replay $((redis_rate * SECONDS_EACH)))
  note redis "$line"
  line=$(replay $((redis_rate * SECONDS_EACH)) 16)
  note pipelined "$line"
}

facts() {
  printf '\nmachine   %s cores, %s\n' "$(getconf _NPROCESSORS_ONLN)" "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)"
  printf 'JDK       %s\n' "$(java -version 2>&1 | sed -n 2p)"
  printf 'Redis     %s\n' "$(redis-cli -h 127.0.0.1 -p "$redis_port" info server | sed -n 's/^redis_version:\([^\r]*\).*/\1/p')"
  printf 'load      %s connections, closed loop, median of %s rounds of %s s; service with %s\n' \
    "$CONNECTIONS" "$ROUNDS" "$SECONDS_EACH" "$SERVICE_JAVA_OPTS"
}

require_tools
start_service
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

printf '\n%-26s %10s %9s %9s %8s\n' "" "requests/s" "p50 us" "p99 us" "errors"
row noop "no-op (POST /v1/noop)"
row admission "admission"
row redis "Redis alone, same script"
row pipelined "the same, pipelined by 16"
printf '\nadmission / no-op          %s\nadmission / Redis alone    %s\nadmission / pipelined      %s\n' "$(ratio noop)" "$(ratio redis)" "$(ratio pipelined)"
facts
if [ "$(errors_of admission)" != 0 ] || [ "$(errors_of noop)" != 0 ]; then
  die "there were errors, so these figures say nothing about a healthy service. Is the machine busy with something else?"
fi
