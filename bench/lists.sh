#!/usr/bin/env bash
# What a page of each list costs with few rows and with many. See README.md beside it.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."

# keys, teams, organizations, users; the trail and the ledger are as long as there are keys
FEW=${FEW:-1000 1000 1000 1000}
MANY=${MANY:-1000000 100000 10000 100000}
TIMES=${TIMES:-200}
# p95 with many rows may be this many times p95 with few; what is above is marked
BOUND=${BOUND:-2}
SERVICE_JAVA_OPTS=${SERVICE_JAVA_OPTS:--Xmx1g -XX:MaxTenuringThreshold=2}
# a directory that keeps the many rows: a later run with the same secrets need not fill it again
KEEP=${KEEP:-}
# what runs the filling and the measuring, where others share the machine
WHEN_FILLING=${WHEN_FILLING:-}
WHEN_MEASURING=${WHEN_MEASURING:-}

JAR=target/quarkus-app/quarkus-run.jar
TENANTRY_MASTER_KEY="sk-bench-$$-$RANDOM$RANDOM$RANDOM$RANDOM"
export TENANTRY_MASTER_KEY
export BENCH_SECRET_MASTER=$TENANTRY_MASTER_KEY
export BENCH_SECRET_ORG_ADMIN=${BENCH_SECRET_ORG_ADMIN:-"sk-bench-admin-$$-$RANDOM$RANDOM$RANDOM"}
export BENCH_SECRET_USER=${BENCH_SECRET_USER:-"sk-bench-user-$$-$RANDOM$RANDOM$RANDOM"}
WORK=$(mktemp -d)
data=$WORK/data
service_pid=""

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
  stop "$service_pid"
  local file id
  for file in "$data"/postgres/postmaster.pid "$data"/redis/redis.pid; do
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
  for tool in java ps mktemp sha256sum awk paste; do
    command -v "$tool" >/dev/null || die "'$tool' is not installed."
  done
  [ -r "$JAR" ] || die "$JAR is not there. Build it first: ./mvnw package -DskipTests (without -Pcontainer: the bench uses the embedded stores)."
  compgen -G 'target/quarkus-app/lib/main/*embedded-redis*' >/dev/null ||
    die "this build carries no embedded stores. Build it with: ./mvnw package -DskipTests"
  driver=$(compgen -G 'target/quarkus-app/lib/main/org.postgresql.postgresql-*.jar') || die "this build carries no PostgreSQL driver"
}

start_service() {
  : >"$WORK/service.log"
  # shellcheck disable=SC2086 # several options
  env -u DATABASE_URL -u REDIS_URL java $SERVICE_JAVA_OPTS \
    -Dtenantry.embedded.directory="$data" -Dtenantry.log.json=false -Dquarkus.http.host=127.0.0.1 -Dquarkus.http.port=0 \
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
  # the fourth line of this file is the port
  database="jdbc:postgresql://127.0.0.1:$(sed -n 4p "$data/postgres/postmaster.pid")/postgres?user=postgres"
}

hash_of() { printf '%s' "$1" | sha256sum | cut -d ' ' -f 1; }

# fill "KEYS TEAMS ORGANIZATIONS USERS"
fill() {
  say "filling: $1 keys, teams, organizations, users"
  # shellcheck disable=SC2086 # four numbers
  $WHEN_FILLING java -Xmx128m -cp "$driver" bench/Fill.java "$database" $1 "$(hash_of "$BENCH_SECRET_ORG_ADMIN")" "$(hash_of "$BENCH_SECRET_USER")"
}

# reads KEYS: name, caller, path. The deepest page ends at 100,000 rows or where the keys end.
reads() {
  local deepest=$(($1 < 100000 ? $1 / 100 : 1000))
  local days
  days="start_date=$(date -d '-30 days' +%F)&end_date=$(date +%F)"
  sed 's/ *| */\t/g' <<LISTS
key/list, first page | MASTER | /key/list
key/list, second page | MASTER | /key/list?page=2
key/list, deepest page | MASTER | /key/list?size=100&page=$deepest
key/list, 100 whole rows | MASTER | /key/list?size=100&return_full_object=true
key/list of a team | MASTER | /key/list?team_id=team-1
key/list of the largest team | MASTER | /key/list?team_id=team-10
key/list of a user | MASTER | /key/list?user_id=user-1
key/list of an organization | MASTER | /key/list?organization_id=org-1
key/list of the largest organization | MASTER | /key/list?organization_id=org-2
key/list of the largest organization, page 100 | MASTER | /key/list?organization_id=org-2&page=$((deepest < 100 ? deepest : 100))
key/list of the largest organization by expires | MASTER | /key/list?organization_id=org-2&sort_by=expires
key/list of the largest organization by alias | MASTER | /key/list?organization_id=org-2&sort_by=key_alias&sort_order=asc
key/list, alias | MASTER | /key/list?key_alias=alias-501
key/list, rare part of aliases | MASTER | /key/list?key_alias=RIME&substring_matching=true
key/list, common part of aliases | MASTER | /key/list?key_alias=lias&substring_matching=true
key/list, search | MASTER | /key/list?search=rime-5
key/list by updated_at | MASTER | /key/list?sort_by=updated_at
key/list by token, upwards | MASTER | /key/list?sort_by=token&sort_order=asc
key/list by key_alias | MASTER | /key/list?sort_by=key_alias
key/list by max_budget | MASTER | /key/list?sort_by=max_budget
key/list by expires, upwards | MASTER | /key/list?sort_by=expires&sort_order=asc
key/list of the largest team by key_alias | MASTER | /key/list?team_id=team-10&sort_by=key_alias
key/list of the largest team by token | MASTER | /key/list?team_id=team-10&sort_by=token
key/list, the largest organization's admin | ORG_ADMIN | /key/list
key/list, the same, all in reach | ORG_ADMIN | /key/list?include_team_keys=true
key/list, a user | USER | /key/list?include_team_keys=true
key/list, deleted keys | MASTER | /key/list?status=deleted
key/aliases | MASTER | /key/aliases
key/aliases, second page | MASTER | /key/aliases?page=2
key/aliases, rare part | MASTER | /key/aliases?search=rime
key/aliases, common part | MASTER | /key/aliases?search=lias
key/aliases, the largest organization's admin | ORG_ADMIN | /key/aliases
key/aliases, the same, common part | ORG_ADMIN | /key/aliases?search=lias
v2/team/list, first page | MASTER | /v2/team/list
v2/team/list, second page | MASTER | /v2/team/list?page=2
v2/team/list of an organization | MASTER | /v2/team/list?organization_id=org-1
v2/team/list of the largest organization | MASTER | /v2/team/list?organization_id=org-2
v2/team/list of a user | MASTER | /v2/team/list?user_id=user-1
v2/team/list, rare part of aliases | MASTER | /v2/team/list?team_alias=rime
v2/team/list, common part of aliases | MASTER | /v2/team/list?team_alias=alias
v2/team/list by team_alias | MASTER | /v2/team/list?sort_by=team_alias&sort_order=desc
v2/team/list by team_id, downwards | MASTER | /v2/team/list?sort_by=team_id&sort_order=desc
v2/team/list, the largest organization's admin | ORG_ADMIN | /v2/team/list
v2/team/list, the same by team_alias | ORG_ADMIN | /v2/team/list?sort_by=team_alias
v2/team/list, a user | USER | /v2/team/list
team/list, 1,000 teams | MASTER | /team/list
team/list of an organization | MASTER | /team/list?organization_id=org-1
team/list of a user | MASTER | /team/list?user_id=user-1
team/list, a user | USER | /team/list
organization/list, 1,000 organizations | MASTER | /organization/list
organization/list, one | MASTER | /organization/list?org_id=org-1
organization/list, part of an alias | MASTER | /organization/list?org_alias=rime
organization/list, an organization's admin | ORG_ADMIN | /organization/list
user/list, first page | MASTER | /user/list
user/list, second page | MASTER | /user/list?page=2
user/list by user_email | MASTER | /user/list?sort_by=user_email
user/list by user_role | MASTER | /user/list?sort_by=user_role
user/list, role | MASTER | /user/list?role=internal_user
user/list, rare part of addresses | MASTER | /user/list?user_email=rime@
user/list, common part of addresses | MASTER | /user/list?user_email=example
user/list of an organization | MASTER | /user/list?organization_ids=org-1
user/list of the largest organization | MASTER | /user/list?organization_ids=org-2
user/list of a team | MASTER | /user/list?team=team-1
user/list, the largest organization's admin | ORG_ADMIN | /user/list
customer/list, 1,000 customers | MASTER | /customer/list
tag/list, 1,000 tags | MASTER | /tag/list
budget/list, 1,000 budgets | MASTER | /budget/list
audit, first page | MASTER | /audit
audit, second page | MASTER | /audit?page=2
audit, an action | MASTER | /audit?action=deleted
audit, a table | MASTER | /audit?table_name=LiteLLM_TeamTable
audit, an object | MASTER | /audit?object_id=object-500
audit, the largest organization's admin | ORG_ADMIN | /audit
spend/logs of a request | MASTER | /spend/logs?request_id=request-500
organization/daily/activity, one | MASTER | /organization/daily/activity?organization_ids=org-1&$days
organization/daily/activity, the largest | MASTER | /organization/daily/activity?organization_ids=org-2&$days
team/daily/activity, one | MASTER | /team/daily/activity?team_ids=team-1&$days
team/daily/activity, all | MASTER | /team/daily/activity?$days
LISTS
}

# measure "KEYS …" FILE
measure() {
  reads "${1%% *}" >"$WORK/reads.txt"
  say "measuring $(wc -l <"$WORK/reads.txt") reads, $TIMES times each"
  # shellcheck disable=SC2086 # a command with its options
  $WHEN_MEASURING java -Xmx256m bench/Reads.java "$service" "$WORK/reads.txt" "$TIMES" >"$2"
}

# The names are the same in both files and in the same order. A list that has more to show with many rows says how much more.
table() {
  paste "$WORK/few.txt" "$WORK/many.txt" | awk -F '\t' -v bound="$BOUND" '
    BEGIN { printf "%-48s %17s %26s %15s %17s\n%-48s %8s %8s %8s %8s %8s %7s %7s %8s %8s\n", "", "few rows, ms", "many rows, ms", "ratio", "bytes",
                   "", "p50", "p95", "p50", "p95", "first", "p50", "p95", "few", "many" }
    { mark = ""
      if ($8 / $3 > bound) { above++; mark = "  above"; if ($9 > 1.5 * $4) mark = mark sprintf(", %.1f times the bytes", $9 / $4) }
      printf "%-48s %8.2f %8.2f %8.2f %8.2f %8.2f %7.2f %7.2f %8d %8d%s\n", $1, $2 / 1000, $3 / 1000, $7 / 1000, $8 / 1000, $10 / 1000,
             $7 / $2, $8 / $3, $4, $9, mark }
    END { printf "\n%d of %d lists are above the bound: p95 with many rows is more than %s times p95 with few\n", above, NR, bound }'
}

facts() {
  printf '\nfew       %s keys, teams, organizations, users\nmany      %s\n' "$FEW" "$MANY"
  printf 'machine   %s cores, %s\n' "$(getconf _NPROCESSORS_ONLN)" "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)"
  printf 'JDK       %s\n' "$(java -version 2>&1 | grep -m 1 -i 'runtime')"
  printf 'load      one connection, %s reads of each kind; service with %s\n' "$TIMES" "$SERVICE_JAVA_OPTS"
}

require_tools
start_service
fill "$FEW"
# a service that has not been compiled yet would make the few rows look slow and so the ratios good
measure "$FEW" "$WORK/warm-up.txt"
measure "$FEW" "$WORK/few.txt"
if [ -n "$KEEP" ]; then
  stop "$service_pid"
  data=$KEEP
  start_service
fi
if [ ! -e "$data/filled" ] || [ "$(cat "$data/filled")" != "$MANY" ]; then
  fill "$MANY"
  echo "$MANY" >"$data/filled"
fi
if [ -n "$KEEP" ]; then
  TIMES=10 measure "$MANY" "$WORK/warm-up.txt"
fi
measure "$MANY" "$WORK/many.txt"
table
facts
