# What the scripts beside this one share: a program is built once for its version, however many ask for it at the same
# time, and kept outside the tree.
# Needs: go with its module proxy; sourced after `set -euo pipefail`.
# Leaves: the programs in ${PRETAMANE_TEST_CACHE:-$HOME/.cache/pretamane-tests}, and Go's own caches.
# shellcheck shell=bash

cache=${PRETAMANE_TEST_CACHE:-$HOME/.cache/pretamane-tests}

# built_once NAME VERSION TIME: prints the program's path. The first time, `build` is called in a folder of its own (which
# is GOBIN too) and leaves NAME there.
built_once() {
  local program=$cache/$1-$2
  if [ ! -x "$program" ]; then
    if ! command -v go >/dev/null; then
      echo "$1 cannot be built: there is no go on this machine." >&2
      exit 1
    fi
    mkdir -p "$cache"
    one_at_a_time "$1" build_into "$program" "$1" "$3"
  fi
  echo "$program"
}

# Who comes second waits, and finds it. Without flock both build, and the later's bytes take the place of the same ones.
one_at_a_time() {
  local name=$1
  shift
  exec 9>"$cache/.$name.lock"
  if command -v flock >/dev/null; then flock 9; fi
  "$@"
  exec 9>&-
}

build_into() (
  program=$1 name=$2 time=$3
  if [ -x "$program" ]; then return; fi
  echo "Building $(basename "$program"), which takes about $time…" >&2
  folder=$(mktemp -d "$cache/building.XXXXXX")
  trap 'rm -rf "$folder"' EXIT
  cd "$folder" || exit
  export GOBIN=$folder CGO_ENABLED=0 GOFLAGS="-p=2 -trimpath"
  # Last in the queue: whoever builds has other work on the same cores.
  renice -n 10 -p "$BASHPID" >/dev/null
  build >&2
  # All at once: nobody finds half a program.
  mv "$name" "$program"
)

# Some replace modules by versions of their own making, which `go install` refuses: a module that says the same may.
module_like() {
  local theirs
  go mod init tools/standin
  theirs=$(go mod download -json "$1@$2" | sed -n 's/.*"GoMod": "\(.*\)",*/\1/p')
  go mod edit -json "$theirs" | python3 -c '
import json, sys

for each in json.load(sys.stdin)["Replace"] or []:
    old, new = each["Old"], each["New"]
    if "Version" in new:  # the one without is a folder of theirs
        before = "@" + old["Version"] if "Version" in old else ""
        print("-replace=" + old["Path"] + before + "=" + new["Path"] + "@" + new["Version"])
' | xargs go mod edit
}
