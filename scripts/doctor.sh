#!/usr/bin/env bash
# One page about this stack: what runs, what does not, since when, and what to do.
# Needs: Docker, and the stack installed here.
# Leaves: nothing. Exit code 0: all is well; 1: something is not.
set -euo pipefail
# shellcheck source=scripts/stack.bash
. "$(dirname "${BASH_SOURCE[0]}")/stack.bash"

unwell=0

line() { printf '%-18s %-10s %s\n' "$1" "$2" "$3"; }

advise() {
  unwell=1
  printf '%-29s → %s\n' "" "$1"
}

about_versions() {
  line version "$(live_version)" "app-$(live_colour) is live; before it: $(setting PREVIOUS_VERSION none)"
  if [ "$(caddys_colour)" = "$(other_than "$(live_colour)")" ]; then
    line "" "cut off" "Caddy leads to app-$(caddys_colour): a release did not come to its end"
    advise "scripts/install.sh leads back to $(live_version)"
  fi
  if [ -s "$home/bad-versions" ]; then line "" "" "reverted and not tried again: $(paste -sd ' ' "$home/bad-versions")"; fi
}

# One line a service: state, since when, how often it came back, memory against its limit.
about_services() {
  local service id health since restarts memory memories
  memories=$(compose ps --quiet | xargs docker stats --no-stream --no-trunc --format '{{.ID}} {{.MemUsage}}') || memories=""
  while IFS= read -r service; do
    if [ "$service" = "app-$(other_than "$(live_colour)")" ]; then continue; fi
    id=$(compose ps --all --quiet "$service" | head -n 1)
    if [ -z "$id" ]; then
      line "$service" missing ""
      advise "scripts/install.sh brings it up"
      continue
    fi
    read -r health since restarts < <(docker inspect --format \
      '{{if .State.Health}}{{.State.Health.Status}}{{else}}{{.State.Status}}-{{.State.ExitCode}}{{end}} {{.State.StartedAt}} {{.RestartCount}}' "$id")
    memory=$(sed -n "s/^$id //p" <<<"$memories")
    case $health in
      exited-0) line "$service" "done" "at ${since%%.*}" ;;
      healthy) line "$service" healthy "since ${since%%.*}, restarted $restarts times, ${memory%% / *} of ${memory##* / }" ;;
      *)
        line "$service" "$health" "since ${since%%.*}, restarted $restarts times"
        advise "scripts/compose logs --tail 50 $service"
        ;;
    esac
  done < <(compose config --services | sort)
}

about_house() {
  local told
  told=$(curl --silent --max-time 10 "http://127.0.0.1:$(setting LOOPBACK_PORT 8080)/health" || true)
  case $told in
    *'"status":"ok"'*) line house ok "at $(setting PUBLIC_URL)" ;;
    *'"status":"degraded"'*)
      line house degraded "$told"
      advise "look at what is down above; records can be read, and nothing is lost"
      ;;
    *)
      line house down "${told:-no answer through Caddy}"
      advise "scripts/compose logs --tail 50 caddy app-$(live_colour) postgresql"
      ;;
  esac
}

about_disk() {
  local root free
  root=$(docker info --format '{{.DockerRootDir}}')
  free=$(df -Pm "$root" | awk 'NR == 2 {print $4}')
  line disk "$((free / 1024)) GB" "free at $root"
  if [ "$free" -lt 2048 ]; then advise "documents are refused below 1 GB: docker image prune, or a larger disk"; fi
}

about_tunnel() {
  local name
  if [ -z "$(compose ps --quiet cloudflared 2>/dev/null)" ]; then return; fi
  if ! has_quick_tunnel; then
    line tunnel named "at $(setting PUBLIC_URL)"
    return
  fi
  name=$(curl --silent --max-time 5 "$(tunnels_metrics)/quicktunnel" | sed -n 's/.*"hostname":"\([^"]*\)".*/\1/p') || name=""
  line tunnel quick "https://${name:-not named yet}, until cloudflared starts again"
  if [ "https://$name" != "$(cat "$(address_file)" 2>/dev/null)" ]; then
    advise "the app knows another address: scripts/tunnel-address $(address_file) $(tunnels_metrics)"
  fi
}

about_versions
about_services
about_house
about_tunnel
about_disk
exit "$unwell"
