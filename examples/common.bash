# shellcheck shell=bash
# What the examples share: the tools, a cluster, processes and topics that go away at the end.

# The tools: of KES_BIN, or as they were built here.
if [[ -n ${KES_BIN:-} ]]; then
  bin=$KES_BIN
elif [[ -x .build/release/kes-segment ]]; then
  bin=$PWD/.build/release
else
  bin=$PWD/.build/debug
fi
if [[ ! -x $bin/kes-segment ]]; then
  echo "Building kes; the first time this takes some minutes." >&2
  swift build >&2
fi
PATH=$(cd "$bin" && pwd):$PATH

work=$(mktemp -d)
pids=()
declare -A killable=()
topics=()
brokers=${KES_BROKERS:-}
is_mock=
# A process that was killed is missed after 6 seconds, the least that brokers allow, instead of 45.
# shellcheck disable=SC2034  # for those who read this file
quick=(-X session.timeout.ms=6000 -X heartbeat.interval.ms=500)

say() { printf '\n'; printf '# %s\n' "$@"; }

fail() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# Starts kes-test-cluster, librdkafka's mock cluster as a process, where no brokers are named.
find_brokers() {
  [[ -z $brokers ]] || return 0
  [[ -x $bin/kes-test-cluster ]] || fail "no KES_BROKERS, and no kes-test-cluster in $bin: swift build"
  is_mock=yes
  # The mock lets every rebalance wait for this time, less a second.
  # shellcheck disable=SC2034
  quick=(-X session.timeout.ms=2500 -X heartbeat.interval.ms=100)
  mkfifo "$work/commands" "$work/answers"
  "$bin/kes-test-cluster" <"$work/commands" >"$work/answers" &
  pids+=($!)
  keeps_nothing
  exec 8>"$work/commands" 9<"$work/answers"
  read -r brokers <&9
  say "No KES_BROKERS: a mock cluster runs at $brokers."
}

# Makes a topic: NAME PARTITIONS.
make_topic() {
  topics+=("$1")
  if [[ $is_mock ]]; then
    echo "topic $1 $2 1" >&8
    local answer
    read -r answer <&9
    [[ $answer == ok ]] || fail "topic $1: $answer"
  else
    kes-produce --replay -b "$brokers" --to "$1" --create-topics --partitions "$2" \
      --topic-config retention.ms=-1 </dev/null
  fi
}

# Waits until a command succeeds, looking ten times a second: SECONDS WHAT COMMAND…
wait_until() {
  local turns=$(($1 * 10)) what=$2
  shift 2
  until "$@"; do
    ((turns-- > 0)) || fail "this did not come: $what"
    sleep 0.1
  done
}

# Starts a process: LOG COMMAND…; its pid is in $!.
start() {
  local log=$1
  shift
  "$@" 8>&- 9<&- 2>"$log" &
  pids+=($!)
}

is_over() { ! kill -0 "$1" 2>/dev/null; }

# Ends a process and waits for it: PID [SIGNAL]. Who does not hear it in 10 seconds is killed.
end() {
  kill "-${2:-TERM}" "$1" 2>/dev/null || return 0
  # Where it was stopped, it could not hear.
  kill -CONT "$1" 2>/dev/null || true
  local turns=100
  until is_over "$1" || ((turns-- <= 0)); do sleep 0.1; done
  kill -KILL "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}

# The process that was started last keeps nothing: it is killed at the end. Who starts an example may
# have SIGTERM blocked, which then is so in all that it starts; kes itself lets it through.
keeps_nothing() { killable[pids[-1]]=yes; }

# The last value of a figure in the --stats of a process: LOG NAME.
figure() { sed -n "s/^{.*\"$2\":\([0-9.]*\).*/\1/p" "$1" 2>/dev/null | tail -n 1; }

# Removes topics where there is something to do it with: kes itself removes none but changelogs.
remove_topics() {
  local command
  command=$(command -v kafka-topics.sh || command -v kafka-topics || true)
  if [[ -z $command ]]; then
    say "These topics stay, as no kafka-topics.sh is here to remove them: ${topics[*]}"
    return
  fi
  local topic
  for topic in "${topics[@]}"; do
    "$command" --bootstrap-server "$brokers" --delete --topic "$topic" >&2 || true
  done
}

# Runs once, however the example ends.
clean_up() {
  trap - EXIT INT TERM
  local index pid
  for ((index = ${#pids[@]} - 1; index >= 0; index--)); do
    pid=${pids[index]}
    end "$pid" "${killable[$pid]:+KILL}"
  done
  if [[ ! $is_mock && ${#topics[@]} -gt 0 ]]; then
    if [[ -n ${application:-} ]]; then
      wait_until 20 "the application at rest" \
        kes-purge -q -b "$brokers" --application-id "$application" --reset 2>/dev/null || true
    fi
    remove_topics
  fi
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
