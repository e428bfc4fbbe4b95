#!/usr/bin/env bash
# Brings another version of the app into service without losing a request: scripts/deploy.sh VERSION
# Needs: the running stack; each image that this release runs, here, where it can be pulled from, or made by this checkout.
# Leaves: that version in service, or what ran before it with the reason; a dump of the database from just before.
# A version that was reverted is refused from then on, unless --again is given.
set -euo pipefail
# A fault inside a function is taken back too.
set -E
# shellcheck source=scripts/stack.bash
. "$(dirname "${BASH_SOURCE[0]}")/stack.bash"

version="" again=""
for argument in "$@"; do
  case $argument in
    --again) again=yes ;;
    -*) refuse "deploy.sh knows no $argument: scripts/deploy.sh [--again] VERSION" ;;
    *) version=$argument ;;
  esac
done
version=${version:-$(setting PRETAMANE_VERSION)}

# What ran is known once nobody else changes it.
one_at_a_time
old=$(live_colour) old_version=$(live_version)
new=$(other_than "$old")
# Longer than an upload of the largest size takes on a slow line; what is still under way then is cut off.
readonly drain_seconds=${DRAIN_SECONDS:-900}
readonly dumps_kept=3
switched="" tried="" blamed="" reason=""

# The same variables that are recorded at the end, for as long as this runs.
as_planned() {
  env "${new^^}_SCALE=1" "${new^^}_VERSION=$version" "MIGRATE_VERSION=$version" "$@"
}

# All that runs at the end, as it is recorded then.
as_recorded() {
  as_planned env "${old^^}_SCALE=0" "${old^^}_VERSION=$(setting PRETAMANE_VERSION)" "WORKER_VERSION=$version" "$@"
}

check() {
  [[ $version =~ ^[0-9A-Za-z][0-9A-Za-z._-]*$ ]] || refuse "$version is no version."
  if is_bad "$version" && [ -z "$again" ]; then
    refuse "Version $version was reverted before; scripts/deploy.sh --again $version tries it once more."
  fi
  if [ "$version" = "$old_version" ]; then
    say "Version $version is in service already."
    exit 0
  fi
}

# Not the app's alone: what is missing when everything else comes has no way back.
fetch() { fetch_images as_recorded "$scripts/compose"; }

# A newer release may want one that an older had no use for; what is there stays.
secrets() { "$scripts/secrets.sh" local; }

# What the edge will run by, as Compose fills it in.
edges_environment() {
  as_recorded "$scripts/compose" config caddy | awk '
    /^  [a-z]/ {in_caddy = ($1 == "caddy:")}
    /^    [a-z]/ {reading = in_caddy && $1 == "environment:"; next}
    reading {sub(/^ +/, ""); sub(/: /, "="); sub(/="/, "="); sub(/"$/, ""); print}'
}

# By the image that will read it, and on no network: Compose would make anew those that it finds changed.
try_edge() {
  local image house told hash
  house=$(cd "$scripts/.." && pwd)
  image=$(services_with_images as_recorded "$scripts/compose" | sed -n 's/^caddy //p')
  hash=$(secrets_folder)/consoles_password_hash
  told=$(edges_environment)
  # shellcheck disable=SC2016 # the container's shell fills it in
  quietly docker run --rm --network none --read-only --cap-drop ALL --security-opt no-new-privileges \
    --tmpfs /tmp:mode=1777 --tmpfs /data:mode=1777 --tmpfs /config:mode=1777 --env-file <(echo "$told") \
    --volume "$house/config/caddy:/etc/caddy:ro" --volume "$house/config/site:/srv/site:ro" \
    --volume "$hash:/run/secrets/consoles_password_hash:ro" \
    "$image" sh -c 'exec caddy validate --config "$EDGE_CONFIG" --adapter caddyfile' </dev/null ||
    refuse "Caddy does not take the configuration that is here; nothing was changed."
}

dump() {
  mkdir -p "$home/dumps"
  install --mode 600 /dev/null "$home/dumps/before-$version.new"
  compose exec -T postgresql pg_dump --username postgres --format custom pretamane >"$home/dumps/before-$version.new"
  mv "$home/dumps/before-$version.new" "$home/dumps/before-$version"
  find "$home/dumps" -name 'before-*' -printf '%T@ %p\n' | sort -n | head -n "-$dumps_kept" | cut -d ' ' -f 2- |
    while IFS= read -r old_dump; do rm "$old_dump"; done
}

# From here on a fault is the version's own.
migrate() {
  blamed=yes
  as_planned "$scripts/compose" run --rm --no-deps -T migrate >&2
}

# One service, and nothing that it depends on: that may be another in this release as well, and has no way back. (With
# --no-deps Compose would take it for another service at the next start, and make it anew.)
make_anew() {
  quietly compose rm --stop --force "$1"
  forget_one_shots
  quietly as_planned "$scripts/compose" up --detach --wait --wait-timeout 120 --no-recreate "$1"
}

start_new() {
  tried=yes
  make_anew "app-$new"
}

switch() {
  switched=yes
  point_caddy_at "$new"
}

# An answer that does not come says nothing about what is under way.
drain() {
  local colour=$1 end=$((SECONDS + drain_seconds))
  until [ "$(under_way_to "$colour" || true)" = 0 ]; do
    if [ "$SECONDS" -ge "$end" ]; then
      say "After $drain_seconds s something is still under way; it is cut off."
      break
    fi
    sleep 2
  done
  quietly compose stop "app-$colour"
}

# A release that was cut off may have left people at the colour that this one begins anew.
lead_back() {
  case $(caddys_colour) in
    "$old") ;;
    "$new") serve_by "$old" && drain "$new" ;;
    # Caddy says nothing.
    *) [ -z "$switched" ] ;;
  esac
}

worker() { WORKER_VERSION=$1 make_anew worker; }

everything_else() {
  quietly compose up --detach --wait --remove-orphans && reload_caddy
}

# Back to what ran, by itself. Migrations only ever add, so the old version works with the new tables.
go_back() {
  trap - ERR
  trap '' HUP INT TERM
  say "Version $version is not taken: $reason. Going back to $old_version."
  if ! lead_back; then
    say "Caddy could not be led back, so app-$new stays: scripts/doctor.sh says what to do."
  elif [ -n "$tried" ]; then
    quietly compose rm --stop --force "app-$new" || true
  fi
  if [ -n "$switched" ] && ! worker "$old_version"; then say "The worker did not come back: scripts/install.sh brings it up."; fi
  forget_one_shots
  if [ -n "$blamed" ] && ! is_bad "$version"; then echo "$version" >>"$home/bad-versions"; fi
  if smoke_of_house; then
    say "Version $old_version is in service."
  else
    say "Version $old_version does not answer as it should either: scripts/doctor.sh says what is down."
  fi
  exit 1
}

# By somebody's hand or at the host's end: nothing is known against the version.
break_off() {
  reason="it was broken off" blamed=""
  go_back
}

step() {
  reason="$1 failed"
  heading "$1"
  shift
  "$@"
}

check
step "Fetching $version" fetch
step "Secrets" secrets
step "Trying the edge's configuration" try_edge
step "Leading back to app-$old" lead_back
trap go_back ERR
trap break_off HUP INT TERM
step "Dumping the database" dump
step "Migrating" migrate
step "Starting app-$new" start_new
step "The smoke test of app-$new" smoke_of_colour "$new"
step "Switching Caddy to app-$new" switch
step "The smoke test through Caddy" smoke_of_house
step "The worker" worker "$version"
trap - ERR HUP INT TERM
record "$new" "$version" "$old_version"
if is_bad "$version"; then
  grep -Fvx "$version" "$home/bad-versions" >"$home/bad-versions.new" || true
  mv "$home/bad-versions.new" "$home/bad-versions"
fi
step "Draining app-$old" drain "$old" || say "app-$old did not end by itself; the next step ends it."
step "Everything else" everything_else ||
  refuse "Version $version is in service, as app-$new, and something else is not as it should be: scripts/doctor.sh says what."
say "Version $version is in service, as app-$new."
