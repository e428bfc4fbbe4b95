#!/usr/bin/env bash
# Follows the first boot of a host that terraform-ec2 made: scripts/wait-for-boot.sh REGION PATH [INSTANCE]
# Needs: the AWS command line with credentials that may read PATH/status in Parameter Store, and python3. With INSTANCE
# it heeds what that one says, and nothing of one before it.
# Leaves: nothing. Its last line is the address, with exit code 0; or else the phase that failed, and its log, with 1.
set -euo pipefail

readonly usage="Usage: scripts/wait-for-boot.sh REGION PATH [INSTANCE]"
readonly region=${1:?$usage} path=${2:?$usage} instance=${3:-}
readonly patience_seconds=${WAIT_SECONDS:-7200} pause_seconds=${WAIT_PAUSE:-5}
complaint=$(mktemp)
trap 'rm -f "$complaint"' EXIT

parameter() {
  aws ssm get-parameter --region "$region" --name "$path/status/$1" --query Parameter.Value --output text 2>"$complaint"
}

# PHASE, STATE, and a sentence; nothing while there is none yet, or only one of another instance.
status() {
  parameter boot | python3 -c '
import json, sys
told = json.load(sys.stdin)
if sys.argv[1] in ("", told["instance"]):
    print(told["phase"], told["state"], " ".join(told["error"].split()))' "$instance"
}

# Its first line is whose log it is.
log() {
  local told
  told=$(parameter log) && [[ $told == "$instance"* ]] && echo "$told"
}

so_far() { printf '%d:%02d' $((SECONDS / 60)) $((SECONDS % 60)); }

# One line that changes before somebody who looks; elsewhere one for each phase.
progress() {
  if [ -t 2 ]; then
    printf '\r\033[K%s  %s' "$(so_far)" "$1" >&2
  elif [ "$1" != "${shown:-}" ]; then
    echo "$(so_far)  $1" >&2
  fi
  shown=$1
}

end_line() { if [ -t 2 ]; then echo >&2; fi; }

told=""
until [ "$SECONDS" -ge "$patience_seconds" ]; do
  if told=$(status); then
    read -r phase state error <<<"$told" || true
    case ${state:-} in
      ready)
        end_line
        parameter address
        exit 0
        ;;
      failed)
        end_line
        echo "The host stopped at $phase: $error"
        log || echo "Its log is in the instance's console: aws ec2 get-console-output --latest --output text --region $region --instance-id ${instance:-ID}"
        exit 1
        ;;
      *) progress "${phase:-waiting for the host to say something}" ;;
    esac
  elif grep -q ParameterNotFound "$complaint"; then
    progress "waiting for the host to say something"
  else
    end_line
    echo "Parameter Store does not answer: $(grep -v '^$' "$complaint" | tail -n 1)"
    exit 2
  fi
  sleep "$pause_seconds"
done
end_line
echo "Not ready after $(so_far); it was at ${phase:-nothing yet}."
exit 2
