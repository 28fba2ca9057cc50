#!/usr/bin/env bash
# Whether a decision costs the same with a hundred keys and with a million. See README.md beside it.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."

FEW=${FEW:-100}
MANY=${MANY:-1000000}
ROUNDS=${ROUNDS:-30}
WARM=${WARM:-1000}

source bench/common.sh

# figures KEYS KIND FIGURE
of() { sed -n "s/^keys=$1 kind=$2 .*$3=\([0-9]*\).*/\1/p" "$WORK/times.txt"; }

row() {
  printf '%-12s %8s %8s %8s %10s %8s %8s %12s\n' "$1" "$(of "$FEW" "$1" p50_us)" "$(of "$FEW" "$1" p90_us)" "$(of "$FEW" "$1" p99_us)" \
    "$(of "$MANY" "$1" p50_us)" "$(of "$MANY" "$1" p90_us)" "$(of "$MANY" "$1" p99_us)" "$(of "$MANY" "$1" requests)"
}

growth() { ratio "$(of "$MANY" "$1" p50_us)" "$(of "$FEW" "$1" p50_us)"; }

require_tools
start_service
few=$service
say "filling: $FEW keys"
java -Xmx128m -cp "$driver" bench/Keys.java "$database" "$FEW"
start_service
many=$service
say "filling: $MANY keys"
java -Xmx128m -cp "$driver" bench/Keys.java "$database" "$MANY"
say "measuring $ROUNDS rounds, both in turn"
java -Xmx256m bench/Scale.java "$ROUNDS" "$WARM" "$few" "$FEW" "$many" "$MANY" >"$WORK/times.txt"

printf '\n%-12s %26s %28s %12s\n%-12s %8s %8s %8s %10s %8s %8s %12s\n' "us" "$FEW keys" "$MANY keys" "" "" p50 p90 p99 p50 p90 p99 requests
row warm
row cold
printf '\n'
target "a warm decision, many / few keys" "$(growth warm)" most 1.10
target "a cold decision, many / few keys" "$(growth cold)" most 1.10
machine "load      one request at a time, $ROUNDS rounds at both services in turn; services with $SERVICE_JAVA_OPTS"
