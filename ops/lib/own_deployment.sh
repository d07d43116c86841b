# shellcheck shell=bash
# Sourced, after common.sh, by scripts in ops/ whose work is a Python package of ops/lib on a deployment of its own: `find_program`
# and then `run_package`.

# find_program : sets `program` to the one that MAINSTAY_PROGRAM names, or builds it for release; installs what is missing.
find_program() {
    program=${MAINSTAY_PROGRAM:-}
    if [ -n "$program" ]; then
        [ -x "$program" ] || die "MAINSTAY_PROGRAM names $program, which is no program"
        program=$(cd "$(dirname "$program")" && pwd -P)/$(basename "$program")
        install_missing redis postgres python
        return
    fi
    have_swift
    install_missing redis postgres hiredis libpq python
    find_swift_flags
    local flags=(-c release --product mainstay ${swift_flags[@]+"${swift_flags[@]}"} --scratch-path "${MAINSTAY_BUILD_DIR:-$top/.build}")
    (cd "$top" && swift build "${flags[@]}" >&2)
    program=$(cd "$top" && swift build "${flags[@]}" --show-bin-path)/mainstay
}

# Seen by the trap, which comes when no function runs any more.
own_folder='' own_status='' own_keeps=''

# shellcheck disable=SC2317,SC2329 # reached by the trap
clear_own_folder() {
    # Python ends what it started; this is for the case that it was killed itself.
    end_processes_below "$own_folder" 2
    case $own_keeps-$own_status in
    yes-*) say "kept, with the data of both servers: $own_folder" ;;
    *-0 | *-2 | *-130 | *-143) rm -rf "$own_folder" || { sleep 1; rm -rf "$own_folder"; } || true ;;
    *)
        # A run of several parts has a folder for each below its own.
        find "$own_folder" -mindepth 1 -maxdepth 2 \( -name log -prune -o -type d \( -name redis -o -name run-log -o -name postgres -o -name run \
            -o -name 'emulate-*' \) -prune -exec rm -rf {} + \) || true
        say "the logs of all processes: $(find "$own_folder" -mindepth 1 -maxdepth 2 -name log -type d | sort | tr '\n' ' ')"
        ;;
    esac
}

# run_package PACKAGE KEEPS WORD… : runs the package's own tests, and then `python3 -m PACKAGE` with `program` and a folder under
# MAINSTAY_TEST_DIR or /tmp. Exits as it does. The folder is cleared away; with KEEPS `yes` it stays, and after a broken promise its logs do.
run_package() {
    local package=$1 parent=${MAINSTAY_TEST_DIR:-/tmp} pid
    own_keeps=$2
    shift 2
    # No compiled files beside the sources.
    export PYTHONPATH=$top/ops/lib PYTHONDONTWRITEBYTECODE=1
    # First what judges: a check that cannot fail shows nothing.
    if ! python3 -m unittest -q "$package.tests" >/dev/null 2>&1; then
        python3 -m unittest "$package.tests" || true
        die "its own tests fail"
    fi

    mkdir -p "$parent"
    own_folder=$(cd "$(mktemp -d "$parent/mainstay-$package-XXXXXX")" && pwd -P)
    # User postgres, who runs the servers when we are root, has to pass through.
    chmod 711 "$own_folder"
    trap clear_own_folder EXIT

    # In the background, so that whoever ends this script is heard at once; then Python ends in order, and we after it.
    python3 -m "$package" --program "$program" --folder "$own_folder" "$@" &
    pid=$!
    # shellcheck disable=SC2064 # the number as it is now
    trap "kill -TERM $pid 2>/dev/null || true" INT TERM
    own_status=0
    wait "$pid" || own_status=$?
    while kill -0 "$pid" 2>/dev/null; do
        own_status=0
        wait "$pid" || own_status=$?
    done
    exit "$own_status"
}
