#!/usr/bin/env bash
# check_common.sh : what the scripts share stands up to folders that come and go while they are looked through. A test run clears away
# behind each of its targets while watchdogs do the same; a look that failed would end the whole run without a word.
set -euo pipefail
# shellcheck source=ops/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

folder=$(mktemp -d)
: >"$folder/going"
(
    while [ -e "$folder/going" ]; do
        for place in 1 2 3 4 5 6 7 8; do mkdir -p "$folder/$place/a/b" && echo 1 >"$folder/$place/a/x.pid"; done
        rm -rf "${folder:?}"/?
    done
) 2>/dev/null &
churn=$!
# Told and not killed: a `mkdir` of its own would outlive it, and make again what is being removed.
trap 'rm -f "$folder/going"; wait $churn 2>/dev/null || true; rm -rf "$folder"' EXIT
for _ in $(seq 80); do
    found=$(processes_below "$folder") || die "a look at a folder that changes failed"
    [ -z "$found" ] || die "process $found is none of this folder's"
done
