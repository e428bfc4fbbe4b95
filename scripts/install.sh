#!/usr/bin/env bash
# Brings up the whole stack on this host, from nothing; twice is the same as once, and after a reboot too.
# Needs: Docker with Compose 2.20 or newer, 4 GiB of memory, 10 GB of disk, a free port, openssl, curl; root or sudo.
# Leaves: docker-compose/.env where there was none, the secrets, the images, and the stack running.
set -euo pipefail
# shellcheck source=scripts/stack.bash
. "$(dirname "${BASH_SOURCE[0]}")/stack.bash"

faults=()

fault() { faults+=("$1"); }

check_docker() {
  local found
  if ! docker info >/dev/null 2>&1; then
    fault "No Docker engine answers. Install it (on Debian and Ubuntu: docker.io), start it, and belong to its group."
  fi
  found=$(docker compose version --short 2>/dev/null | sed 's/^v//') || found=""
  if [ -z "$found" ] || ! at_least 2.20 "$found"; then
    fault "Docker Compose 2.20 or newer is needed, and this is ${found:-none}. On Ubuntu: the package docker-compose-v2."
  fi
}

check_tools() {
  local tool
  for tool in openssl curl awk; do
    command -v "$tool" >/dev/null || fault "$tool is missing; install the package of that name."
  done
}

# Where the engine does not say, or it is no folder of this machine, the root's disk is looked at.
docker_root() {
  local root
  root=$(docker info --format '{{.DockerRootDir}}' 2>/dev/null) || root=""
  if [ -d "$root" ]; then echo "$root"; else echo /; fi
}

check_machine() {
  local memory disk
  case $(uname -m) in
    x86_64 | aarch64 | arm64) ;;
    *) fault "This processor is $(uname -m); there are images for amd64 and arm64. Take another machine." ;;
  esac
  memory=$(awk '/^MemTotal:/ {print int($2 / 1024)}' /proc/meminfo 2>/dev/null) || memory=""
  if [ "${memory:-4096}" -lt 3600 ]; then
    fault "This host has $memory MiB of memory; the stack needs 4 GiB. Take a larger one."
  fi
  disk=$(df -Pm "$(docker_root)" 2>/dev/null | awk 'NR == 2 {print $4}') || disk=""
  # A rule for installing: what is there already has to start on a full disk too.
  if [ "${disk:-10240}" -lt 10000 ] && [ -f "$state" ]; then
    say "Docker's disk has $disk MB free, which will not do for another release. Remove what is not used: docker image prune."
  elif [ "${disk:-10240}" -lt 10000 ]; then
    fault "Docker's disk has $disk MB free; 10 GB are needed. Remove what is not used: docker image prune."
  fi
}

# Nothing can be installed before it was made, and the newest of what it is made of bears its day in its name.
check_clock() {
  local made
  made=$(setting DEBIAN_IMAGE | sed -nE 's/.*-(20[0-9]{6})-.*/\1/p')
  if [ "$(date -u +%Y%m%d)" -lt "${made:-20260101}" ]; then
    fault "The clock says $(date -u +%F), when this release was not made yet. Set it (timedatectl set-ntp true): sessions and certificates depend on it."
  elif [ "$(timedatectl show --property NTPSynchronized --value 2>/dev/null)" = no ]; then
    say "Nothing keeps this host's clock right, which says $(date -u '+%F %T') UTC: timedatectl set-ntp true."
  fi
}

# A port that our own Caddy holds is as good as free.
check_port() {
  local port=$1 remedy=$2
  if [ -n "$(docker ps --quiet --filter "publish=$port" --filter label=com.docker.compose.service=caddy 2>/dev/null)" ]; then
    return
  fi
  if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    fault "Port $port is taken by another program; $remedy."
  fi
}

check_ports() {
  local port
  check_port "$(setting LOOPBACK_PORT 8080)" "choose another in docker-compose/.env, as LOOPBACK_PORT"
  if [[ $(setting COMPOSE_FILE compose.yml) != *compose.public.yml* ]]; then return; fi
  for port in 80 443; do
    check_port "$port" "end that one (ss -ltnp names it), or leave compose.public.yml out of COMPOSE_FILE in docker-compose/.env"
  done
}

check_tunnel() {
  if has_quick_tunnel && [[ $(setting COMPOSE_FILE compose.yml) != *compose.quick.yml* ]]; then
    fault "A tunnel without a name has another address at each start. Let COMPOSE_FILE in docker-compose/.env have compose.quick.yml too, by which the app learns it, or name the tunnel (TUNNEL_NAMED)."
  fi
}

preflight() {
  check_docker
  check_tools
  check_machine
  check_clock
  check_ports
  check_tunnel
  if [ "${#faults[@]}" -gt 0 ]; then
    say "Nothing was changed. Before the stack can run here:"
    printf -- '- %s\n' "${faults[@]}" >&2
    exit 2
  fi
}

settle() {
  if [ ! -f "$settings" ]; then cp "$stack/.env.example" "$settings"; fi
}

# On a host of ours they are Parameter Store's, and never made here.
secrets() { if [ "${SECRETS_FROM:-}" != kept ]; then "$scripts/secrets.sh" local; fi; }

# The app does not start without an address, so it is asked for before.
tunnel() {
  if ! has_quick_tunnel; then return; fi
  mkdir -p "$(dirname "$(address_file)")"
  compose up --detach --wait --wait-timeout 120 caddy cloudflared >/dev/null
  "$scripts/tunnel-address" "$(address_file)" "$(tunnels_metrics)" >&2
}

# The last good version, whatever was being tried when this host went down.
start() {
  serve_by "$(live_colour)"
  quietly compose up --detach --wait --wait-timeout 300 --remove-orphans
  point_caddy_at "$(live_colour)"
  reload_caddy
}

# From then on it is what a start brings up, whatever version another checkout names.
write_down() { if [ ! -f "$state" ]; then record blue "$(setting PRETAMANE_VERSION)" ""; fi; }

address() {
  local place
  if has_quick_tunnel; then place=$(cat "$(address_file)"); else place=$(setting PUBLIC_URL); fi
  say "Pretamane $(live_version) is at $place"
  compose exec -T "app-$(live_colour)" pretamane admin create 2>/dev/null | sed 's/^/Nobody can sign in yet. Make the first account at /' || true
}

preflight
one_at_a_time
heading "Settings" && settle
heading "Images" && fetch_images compose
heading "Secrets" && secrets
heading "The tunnel's address" && tunnel
heading "Migrations, and everything up" && start
heading "Smoke test" && smoke_of_house
write_down
address
