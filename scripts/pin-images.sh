#!/usr/bin/env bash
# Adds to every version in docker-compose/images.env the digest that its registry gives it; scripts/bundle --pinned does so.
# Needs: docker with buildx, and a way to the registries.
# Leaves: docker-compose/images.pinned.env, which scripts/compose prefers as long as images.env names the same versions;
# all digests or nothing, and none made up.
set -euo pipefail
cd -P "$(dirname "${BASH_SOURCE[0]}")/../docker-compose"

new=$(mktemp images.pinned.env.XXXXXX)
trap 'rm -f "$new"' EXIT
echo "# Written by scripts/pin-images.sh from images.env." >"$new"
while IFS="=" read -r name image; do
  digest=$(docker buildx imagetools inspect "$image" --format '{{.Manifest.Digest}}' 2>/dev/null) || digest=""
  if [[ ! $digest =~ ^sha256:[0-9a-f]{64}$ ]]; then
    echo "No registry told the digest of $image; nothing was changed." >&2
    exit 1
  fi
  echo "$name=$image@$digest" >>"$new"
done < <(grep -E '^[A-Z_]+_IMAGE=' images.env)
chmod 644 "$new"
mv "$new" images.pinned.env
echo "Pinned $(grep -c @ images.pinned.env) images in docker-compose/images.pinned.env."
