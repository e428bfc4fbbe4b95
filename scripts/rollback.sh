#!/usr/bin/env bash
# Brings back the version that was in service before the present one, the way that deploy.sh brings in any other.
# Needs: the running stack, and that version's image.
# Leaves: that version in service, and the one it replaced refused like one that was reverted.
# Tables stay as they are: migrations only ever add, so older versions work with them.
set -euo pipefail
# shellcheck source=scripts/stack.bash
. "$(dirname "${BASH_SOURCE[0]}")/stack.bash"

one_at_a_time
previous=$(setting PREVIOUS_VERSION)
if [ -z "$previous" ]; then refuse "No version was in service before $(live_version)."; fi
left=$(live_version)
code=0
"$scripts/deploy.sh" --again "$previous" || code=$?
# Nothing brings it back by itself, as setting up a host would; not even where something beside the app is unwell.
if [ "$(live_version)" = "$previous" ] && ! is_bad "$left"; then echo "$left" >>"$home/bad-versions"; fi
exit "$code"
