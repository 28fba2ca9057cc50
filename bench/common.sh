# What the scripts here share: they source it from the repository's root. Starts the packaged service on embedded stores in a
# directory of its own, and ends what was started, by process id.
# shellcheck shell=bash disable=SC2034 # variables of whoever sources this

SERVICE_JAVA_OPTS=${SERVICE_JAVA_OPTS:--Xmx1g -XX:MaxTenuringThreshold=2}
JAR=target/quarkus-app/quarkus-run.jar
TENANTRY_MASTER_KEY="sk-bench-$$-$RANDOM$RANDOM$RANDOM$RANDOM"
export TENANTRY_MASTER_KEY
WORK=$(mktemp -d)
services=0
service_pids=""
helper_pid=""
missed=0

say() { printf '%s\n' "$*" >&2; }

die() {
  say "bench: $*"
  exit 1
}

stop() {
  [ -n "$1" ] && kill -0 "$1" 2>/dev/null || return 0
  kill "$1" 2>/dev/null || true
  for _ in $(seq 300); do
    kill -0 "$1" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -KILL "$1" 2>/dev/null || true
}

# The service ends its two servers itself. Had it to be killed, they are ended by the ids that they wrote down.
cleanup() {
  stop "$helper_pid"
  local file id
  for id in $service_pids; do stop "$id"; done
  for file in "$WORK"/data*/postgres/postmaster.pid "$WORK"/data*/redis/redis.pid; do
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

# require_tools [TOOL…]: these beside what every script needs.
require_tools() {
  local tool
  for tool in java curl ps awk mktemp "$@"; do
    case "$tool" in
      redis-cli) hint="It comes with Redis: 'apt-get install redis-tools' on Debian and Ubuntu, 'dnf install redis' on Fedora, 'brew install redis' on macOS." ;;
      pgbench) hint="It comes with PostgreSQL: 'apt-get install postgresql-contrib' on Debian and Ubuntu, 'dnf install postgresql-contrib' on Fedora." ;;
      *) hint="" ;;
    esac
    command -v "$tool" >/dev/null || die "'$tool' is not installed. $hint"
  done
  [ -r "$JAR" ] || die "$JAR is not there. Build it first: ./mvnw package -DskipTests (without -Pcontainer: the bench uses the embedded stores)."
  compgen -G 'target/quarkus-app/lib/main/*embedded-redis*' >/dev/null ||
    die "this build carries no embedded stores. Build it with: ./mvnw package -DskipTests"
  driver=$(compgen -G 'target/quarkus-app/lib/main/org.postgresql.postgresql-*.jar') || die "this build carries no PostgreSQL driver"
}

# start_service [-Dname=value…]: leaves where it is in $service, $redis_port and $postgres_port. Several may run beside each other.
start_service() {
  services=$((services + 1))
  local data="$WORK/data$services" log="$WORK/service$services.log" pid tries=0
  : >"$log"
  # shellcheck disable=SC2086 # several options
  env -u DATABASE_URL -u REDIS_URL java $SERVICE_JAVA_OPTS \
    -Dtenantry.embedded.directory="$data" -Dtenantry.log.json=false -Dtenantry.prices.file=bench/prices.json \
    -Dquarkus.http.host=127.0.0.1 -Dquarkus.http.port=0 "$@" \
    -jar "$JAR" >"$log" 2>&1 &
  pid=$!
  service_pids="$service_pids $pid"
  until grep -q 'Listening on: http' "$log"; do
    kill -0 "$pid" 2>/dev/null || die "the service did not start: $(tail -n 5 "$log")"
    tries=$((tries + 1))
    [ "$tries" -lt 600 ] || die "the service did not start within a minute"
    sleep 0.1
  done
  service="http://127.0.0.1:$(sed -n 's/.*Listening on: http:\/\/[^:]*:\([0-9]*\).*/\1/p' "$log" | tail -n 1)"
  redis_port=$(sed -n 's/.*Redis on 127\.0\.0\.1:\([0-9]*\).*/\1/p' "$log" | tail -n 1)
  postgres_port=$(sed -n 4p "$data/postgres/postmaster.pid") # the fourth line of this file is the port
  database="jdbc:postgresql://127.0.0.1:$postgres_port/postgres?user=postgres"
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

# meter NAME: a figure of the service's own metrics, summed over its labels; 0 when it is not there.
meter() {
  curl -fsS --max-time 10 "$service/q/metrics" | awk -v name="$1" '$1 == name || index($1, name "{") == 1 { sum += $2 } END { printf "%d", sum }'
}

figure() { sed -n "s/.*$2=\([0-9]*\).*/\1/p" <<<"$1"; }

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# median_of NAME FIGURE
median_of() { sed -n "s/.*$2=\([0-9]*\).*/\1/p" "$WORK/$1.txt" | median; }

errors_of() { sed -n "s/.*errors=\([0-9]*\).*/\1/p" "$WORK/$1.txt" | awk '{ sum += $1 } END { print sum + 0 }'; }

# note NAME LINE: keeps the figures of a round.
note() {
  printf '%s\n' "$2" >>"$WORK/$1.txt"
  say "  $(printf '%-16s' "$1") $2"
}

ratio() { awk -v a="$1" -v b="$2" 'BEGIN { if (b > 0) printf "%.2f", a / b; else printf "-" }'; }

# target NAME VALUE least|most BOUND: says whether it is met.
target() {
  local verdict
  verdict=$(awk -v v="$2" -v way="$3" -v bound="$4" 'BEGIN { print (way == "least" ? v + 0 >= bound + 0 : v + 0 <= bound + 0) ? "met" : "MISSED" }')
  [ "$verdict" = met ] || missed=$((missed + 1))
  printf '%-44s %8s   target: at %-5s %5s   %s\n' "$1" "$2" "$3" "$4" "$verdict"
}

# machine [MORE…]: on what, and with what.
machine() {
  printf '\nmachine   %s cores, %s\n' "$(getconf _NPROCESSORS_ONLN)" "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)"
  printf 'JDK       %s\n' "$(java -version 2>&1 | grep -m 1 -i 'runtime')"
  printf 'date      %s\n' "$(date -u +%F)"
  local line
  for line in "$@"; do printf '%s\n' "$line"; done
}
