# What the scripts that run the stack share; sourced by them, after `set -euo pipefail`.
# Needs: docker with Compose; STACK_ENV may name other settings than docker-compose/.env.
# Leaves: nothing, but for what its verbs say: record, serve_by, point_caddy_at, reload_caddy.
# shellcheck shell=bash

scripts=$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)
stack=$(cd "$scripts/../docker-compose" && pwd)
settings=${STACK_ENV:-$stack/.env}
# Beside the settings: which versions run, which were found bad, and what was dumped before a change.
home=$(dirname "$settings")
state=$home/state.env

# A session that ended hears nothing, and breaks nothing off.
say() { echo "$*" >&2 || true; }

refuse() {
  say "$*"
  exit 2
}

# As root itself, or by sudo where that is there.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# One at a time changes something here, and whoever comes second waits; what one of them calls belongs to it.
one_at_a_time() {
  if [ "${STACK_IS_OURS:-}" = "$home" ]; then return; fi
  exec 8>"$home/.lock"
  flock --nonblock 8 || {
    say "Something else is at work on this stack; waiting for it to end."
    flock --timeout 5400 8 || refuse "It has been at work for 90 minutes: ps -ef | grep scripts/ says who."
  }
  export STACK_IS_OURS=$home
}

heading() { say "== $* ($(date -u +%H:%M:%S))"; }

compose() { "$scripts/compose" "$@"; }

in_database() { compose exec -T postgresql psql --username postgres --dbname pretamane --tuples-only --no-align "$@"; }

# What Docker says of its progress is nobody's; what it said last is, when it fails.
quietly() {
  local told code=0
  told=$("$@" 2>&1) || code=$?
  if [ "$code" != 0 ]; then say "$(tail -n 3 <<<"$told")"; fi
  return "$code"
}

at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

# A stranger's message is data too, where nobody has an account yet.
need_an_empty_stack() {
  local found
  found=$(in_database --command 'SELECT (SELECT count(*) FROM accounts) + (SELECT count(*) FROM blobs)
    + (SELECT count(*) FROM contacts) + (SELECT count(*) FROM submissions)') ||
    refuse "The database does not say whether there is data in this stack: scripts/doctor.sh says what is down."
  if [ "$found" != 0 ]; then
    refuse "There is data in this stack already; a backup is restored onto an empty one only."
  fi
}

# Compose fills in what stands behind a dollar sign, and what reads here would not: each would know another value.
need_plain_settings() {
  local filled_in
  if [ ! -f "$settings" ]; then return; fi
  filled_in=$(sed -nE -e "/^[A-Z0-9_]+='/d" -e '/^[A-Z0-9_]+="/! s/(=|[[:space:]]+)#.*//' \
    -e 's/^([A-Z0-9_]+)=.*\$[A-Za-z_{].*/\1/p' "$settings" | head -n 1)
  if [ -n "$filled_in" ]; then
    refuse "In $settings $filled_in is filled in from another name (\$…), which Compose does and these scripts do not: write its value out."
  fi
}

# As Compose reads it: without its quotes, and without a comment behind it.
plain() { sed -E "s/^\"([^\"]*)\".*/\1/; t; s/^'([^']*)'.*/\1/; t; s/(^|[[:space:]]+)#.*//; s/[[:space:]]+$//"; }

# A value of the settings, of what runs, or of the images, whichever says it last.
setting() {
  local name=$1 file value=""
  for file in "$stack/images.env" "$settings" "$state"; do
    if [ -f "$file" ]; then value=$(sed -n "s/^$name=//p" "$file" | tail -n 1 | plain | grep . || echo "$value"); fi
  done
  echo "${value:-${2:-}}"
}

need_plain_settings

live_colour() { if [ "$(setting GREEN_SCALE 0)" = 1 ]; then echo green; else echo blue; fi; }

other_than() { if [ "$1" = blue ]; then echo green; else echo blue; fi; }

live_version() {
  local colour
  colour=$(live_colour)
  setting "${colour^^}_VERSION" "$(setting PRETAMANE_VERSION)"
}

is_bad() { [ -f "$home/bad-versions" ] && grep -Fqx "$1" "$home/bad-versions"; }

# Which colour Caddy leads to, whatever is written down; nothing where Caddy does not run.
caddys_colour() {
  compose exec -T caddy sh -c 'if [ -e /etc/caddy/live/green ]; then echo green; else echo blue; fi' 2>/dev/null || true
}

# Each image once, behind a service that runs it. What follows is how Compose is called.
services_with_images() {
  "$@" config | awk '
    /^[a-z]/ {part = $1}
    part == "services:" && /^  [^ ]/ {service = substr($1, 1, length($1) - 1)}
    part == "services:" && /^    image: / && !told[$2]++ {print service, $2}'
}

is_ours() { [[ $1 == "$(setting PRETAMANE_REPOSITORY)"[:-]* ]]; }

# By a registry's name each can be pulled; one of ours that has none, nowhere.
pull() {
  if is_ours "$1" && [[ $1 != */* ]]; then return 1; fi
  docker pull --quiet "$1" >/dev/null
}

# Pulled where they are published, else built from this checkout, which makes its own version and no other: by the tag
# of one that serves it would take that one's place.
fetch_images() {
  local named service image built=()
  named=$(services_with_images "$@") || refuse "Compose does not take its files as they are here; nothing was changed."
  while read -r service image; do
    if docker image inspect "$image" >/dev/null 2>&1 || pull "$image"; then continue; fi
    if ! is_ours "$image"; then refuse "The image $image is neither here nor to be had."; fi
    if [ "${image##*:}" != "$(setting PRETAMANE_VERSION)" ]; then
      refuse "The image $image is neither here nor to be had, and this checkout makes version $(setting PRETAMANE_VERSION). Build it in a checkout of its own version: scripts/compose build."
    fi
    built+=("$service")
  done <<<"$named"
  # One by one: all at once, their compilers need more than a small host has.
  for service in "${built[@]}"; do "$@" build --quiet "$service" >&2; done
}

# Those that end by themselves and that others wait for. Compose would make those of another version anew, and then all
# who wait for them, too; what is not there it only makes.
forget_one_shots() { quietly compose rm --force migrate store-access || true; }

# A release that was cut off may have left Caddy at the colour that is not written down, whose containers go next.
serve_by() {
  forget_one_shots
  if [ "$(caddys_colour)" != "$(other_than "$1")" ]; then return; fi
  quietly compose up --detach --wait --wait-timeout 300 --no-recreate caddy "app-$1" && point_caddy_at "$1"
}

# Whole or not at all: a start that reads half of it would run something else.
record() {
  local colour=$1 version=$2
  {
    echo "# Written by scripts/install.sh and deploy.sh: the last version that passed its smoke test."
    echo "BLUE_SCALE=$([ "$colour" = blue ] && echo 1 || echo 0)"
    echo "GREEN_SCALE=$([ "$colour" = green ] && echo 1 || echo 0)"
    echo "${colour^^}_VERSION=$version"
    echo "WORKER_VERSION=$version"
    echo "MIGRATE_VERSION=$version"
    echo "PREVIOUS_VERSION=${3:-}"
  } >"$state.new"
  mv "$state.new" "$state"
}

# Each request looks for this file. What is under way goes on where it is, and no connection is closed.
point_caddy_at() {
  if [ "$1" = green ]; then
    compose exec -T caddy touch /etc/caddy/live/green
  else
    compose exec -T caddy rm -f /etc/caddy/live/green
  fi
}

# For a configuration that changed; the same again is nothing to Caddy. What is under way goes on by the old one.
reload_caddy() {
  # shellcheck disable=SC2016 # the container's shell fills it in
  quietly compose exec -T caddy sh -c \
    'exec caddy reload --config "$EDGE_CONFIG" --adapter caddyfile --address unix//run/caddy/admin.sock'
}

# How many requests Caddy has under way to a colour.
under_way_to() {
  compose exec -T caddy wget -q -O - -T 5 http://127.0.0.1:9180/under-way | tr '{' '\n' |
    sed -n "s/.*\"app-$1:8000\",\"num_requests\":\([0-9]*\).*/\1/p"
}

# A tunnel without a token has another address at each of its starts; the app reads it from a file.
has_quick_tunnel() { [[ ,$(setting COMPOSE_PROFILES), == *,tunnel,* ]] && [ -z "$(setting TUNNEL_NAMED)" ]; }

# As Compose takes them: from its own folder, where they are not absolute.
secrets_folder() { (cd "$stack" && realpath -m "${SECRETS_DIR:-$(setting SECRETS_DIR ./secrets)}"); }

address_file() { (cd "$stack" && realpath -m "$(setting ADDRESS_FOLDER ./address)/public-url"); }

tunnels_metrics() { echo "http://$(setting NETWORK_PREFIX 10.213).1.10:2000"; }

# From where Caddy stands, before anybody else meets it.
smoke_of_colour() {
  local path
  for path in /health/ready /health /app/sign-in /api/v1/practice; do
    compose exec -T caddy wget -q -O /dev/null -T 15 "http://app-$1:8000$path" || {
      say "app-$1 did not answer $path as it should."
      return 1
    }
  done
}

# As people come: through Caddy.
smoke_of_house() {
  local path told
  for path in / /health/ready /health /app/sign-in /api/v1/practice; do
    told=$(curl --silent --max-time 15 --output /dev/null --write-out '%{http_code}' \
      "http://127.0.0.1:$(setting LOOPBACK_PORT 8080)$path" || true)
    if [ "$told" != 200 ]; then
      say "Through Caddy, $path was answered with ${told:-nothing}."
      return 1
    fi
  done
}
