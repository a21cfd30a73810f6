# Sourced by ./start and ./test: makes .venv from requirements.lock and installs what Debian packages bring.
# Nothing here prints on standard output, so that `./start identify --json ...` stays one JSON document.
# The caller sets `root` (the folder of this checkout). POSIX sh; tried with dash on Debian 12.

venv=$root/.venv
tests_line='# --- tests only ---'

# What Sitr starts or loads that pip cannot bring: a compiler for pdqhash, which comes as source only, and for our own kernel; Chromium and a font for Arabic pages, Pango for the PDF, the programs
# that check evidence and time, and the confinement of the browser.
system_packages='python3-venv g++ python3-dev chromium fonts-noto-core libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 openssl age poppler-utils bubblewrap'
# Photographs of places and things under free licences: the input of `sitr demo` and of tests.
picture_packages='lomiri-wallpapers-20.04 mate-backgrounds'

# tell ARABIC ENGLISH: one sentence in both languages (nobody has chosen one yet).
tell() { printf '%s\n%s\n' "$1" "$2" >&2; }

stop() {
    tell "$1" "$2"
    exit "${3:-5}"
}

# --- system packages --------------------------------------------------------------------------------------------------

# missing_of PACKAGE...: those that dpkg does not have. Without dpkg nothing is known: `sitr doctor` looks for the programs.
missing_of() {
    command -v dpkg-query >/dev/null 2>&1 || return 0
    for package in "$@"; do
        case $(dpkg-query -W -f='${Status}' "$package" 2>/dev/null) in
            'install ok installed') ;;
            *) printf '%s ' "$package" ;;
        esac
    done
}

# system_wants NAME PACKAGE...: installs what is missing (root) or prints the one command to run. Never fatal: what does
# not need these packages works without them, and what does says so with exit status 5.
system_wants() {
    mark=$venv/.system-$1
    shift
    wanted="$*"
    [ "$(cat "$mark" 2>/dev/null || true)" = "$wanted" ] && return 0
    missing=$(missing_of "$@")
    if [ -n "$missing" ] && [ "$(id -u)" = 0 ] && [ ! -e "$mark-failed" ]; then
        tell "تثبيت حزم النظام: $missing" "Installing system packages: $missing"
        # shellcheck disable=SC2086
        install_packages $missing || { mkdir -p "$venv" && : > "$mark-failed"; }
        missing=$(missing_of "$@")
    fi
    if [ -z "$missing" ]; then
        mkdir -p "$venv" && printf '%s' "$wanted" > "$mark" && rm -f "$mark-failed"
        return 0
    fi
    sudo=; [ "$(id -u)" = 0 ] || sudo='sudo '
    tell "تنقص حزم من النظام، وتُثبَّت بهذا الأمر وحده:" "Some system packages are missing. This one command installs them:"
    printf '\n    %sapt-get update && %sapt-get install -y --no-install-recommends %s\n\n' "$sudo" "$sudo" "$missing" >&2
}

install_packages() {
    export DEBIAN_FRONTEND=noninteractive
    # Another apt may be at work (a first boot, a second ./start): wait for its lock, two minutes at most.
    options='-q -o DPkg::Lock::Timeout=120 -o Acquire::Retries=2'
    # Lists first: from old ones a browser would come whose holes have long been known. Without a network a package may lie here.
    # shellcheck disable=SC2086
    apt-get $options update >&2 </dev/null || true
    # shellcheck disable=SC2086
    apt-get $options install -y --no-install-recommends "$@" >&2 </dev/null
}

# --- the Python environment -------------------------------------------------------------------------------------------

python_311() {
    for candidate in python3.11 python3; do
        command -v "$candidate" >/dev/null 2>&1 || continue
        if "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' >/dev/null 2>&1; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

# The stamp says: this lock, this project, this kernel, in this folder (a virtual environment cannot be moved).
fingerprint_of_setup() {
    printf '%s\n' "$root"
    cat "$root/requirements.lock" "$root/pyproject.toml" "$root/tools/prepare.sh" \
        "$root/hatch_build.py" "$root"/src/sitr/fingerprint/kernel/*.cpp "$root"/src/sitr/fingerprint/kernel/*.h | sha256sum
}

# ready NAME: is the environment exactly what the stamp NAME says?
ready() {
    [ ! -e "$venv/.half-made" ] && [ -x "$venv/bin/python" ] && [ -f "$venv/.stamp-$1" ] &&
        [ "$(fingerprint_of_setup)" = "$(cat "$venv/.stamp-$1")" ]
}

# prepare NAME: brings .venv to the lock; NAME is `run` or `test`. One at a time: a second caller waits, then finds it done.
prepare() {
    ready "$1" && return 0
    [ -w "$root" ] || stop "لا يُسمح بالكتابة في هذا المجلد: $root. ينفع نقله إلى مجلد خاص." \
        "This folder cannot be written to: $root. Move it to a folder of your own."
    # The lock is on the folder itself, so it leaves no file behind and ends with this process, however it ends.
    exec 9<"$root"
    if ! flock -n 9; then
        tell "تجهيز آخر يعمل الآن؛ يُنتظر حتى ينتهي." "Another set-up is running; waiting for it to end."
        flock 9
    fi
    ready "$1" || make_ready "$1"
    exec 9<&-
}

make_ready() {
    trap 'tell "توقف التجهيز قبل نهايته. الأمر نفسه يعيده من أوله." "Set-up was interrupted. The same command starts it again."; exit 130' INT TERM HUP
    room_on_disk "$1"
    tell "تجهيز: يُنزَّل ما يلزم، وقد يستغرق ذلك دقائق في المرة الأولى." "Setting up: fetching what is needed. The first time this can take a few minutes."
    half_made_is_removed
    if [ ! -x "$venv/bin/python" ]; then
        mkdir -p "$venv"
        : > "$venv/.half-made"
        make_venv
    fi
    : > "$venv/.half-made"
    rm -f "$venv/.stamp-run" "$venv/.stamp-test"
    sed "/^$tests_line\$/q" "$root/requirements.lock" > "$venv/.lock-run"
    cp "$root/requirements.lock" "$venv/.lock-test"
    # Packages that come as source are built with locked tools, not with whatever pip would fetch for them.
    build_tools < "$venv/.lock-run" > "$venv/.lock-build"
    pip_install --require-hashes -r "$venv/.lock-build"
    pip_install --require-hashes --no-build-isolation -r "$venv/.lock-$1"
    pip_install --no-deps --no-build-isolation -e "$root"
    compile_all
    fingerprint_of_setup > "$venv/.stamp-$1.new"
    mv "$venv/.stamp-$1.new" "$venv/.stamp-$1"
    # What the tests need holds what a run needs.
    [ "$1" = run ] || cp "$venv/.stamp-$1" "$venv/.stamp-run"
    rm -f "$venv/.half-made" "$venv/.setup.log"
    trap - INT TERM HUP
}

# build_tools: of a lock on standard input, the entries that build packages from source.
build_tools() {
    awk '/^[a-z]/ { name = $1; sub(/==.*/, "", name); keep = index(" cython numpy packaging setuptools setuptools-scm vcs-versioning wheel ", " " name " ") } keep'
}

# An environment that was cut short, or that was made in another folder, is made anew; the marks of system packages stay.
half_made_is_removed() {
    [ -d "$venv" ] || return 0
    if [ -e "$venv/.half-made" ] || [ ! -x "$venv/bin/python" ] || made_elsewhere || ! "$venv/bin/python" -c '' 2>/dev/null; then
        : > "$venv/.half-made" # stays until the end: a removal that is cut short is taken up again
        find "$venv" -mindepth 1 -maxdepth 1 ! -name '.system-*' ! -name .half-made -exec rm -rf {} +
    fi
}

made_elsewhere() {
    [ -f "$venv/.stamp-run" ] && [ "$(head -n 1 "$venv/.stamp-run")" != "$root" ]
}

make_venv() {
    python=$(python_311) || stop "يلزم Python 3.11 ولم يوجد. على Debian 12: apt-get install python3 python3-venv" \
        "Python 3.11 is needed and was not found. On Debian 12: apt-get install python3 python3-venv"
    if ! "$python" -m venv "$venv" > "$venv/.setup.log" 2>&1; then
        grep -q 'No space left' "$venv/.setup.log" && disk_is_full
        grep -v '^$' "$venv/.setup.log" >&2 || true
        stop "تعذر تجهيز بيئة Python. على Debian 12: apt-get install python3-venv" \
            "A Python environment could not be made. On Debian 12: apt-get install python3-venv"
    fi
}

# On all cores at once: pip compiles one file after the other, which was the longer half of a set-up. Files that are
# templates do not compile, and need not.
compile_all() {
    "$venv/bin/python" -m compileall -q -j 0 "$venv/lib" >/dev/null 2>&1 9<&- || true
}

pip_install() {
    log=$venv/.setup.log
    "$venv/bin/python" -m pip install --disable-pip-version-check --no-input --no-compile --progress-bar off --quiet "$@" > "$log" 2>&1 9<&- &&
        return 0
    grep -q -i 'no space left\|disk quota' "$log" && disk_is_full
    if grep -q -i 'name resolution\|NewConnectionError\|Max retries\|connection.*\(refused\|timed out\|reset\)\|Network is unreachable\|ProxyError\|ReadTimeout' "$log"; then
        stop "لا اتصال بالشبكة لتنزيل ما يلزم. يُعاد الأمر نفسه عند عودة الاتصال؛ ما نُزّل لا يضيع." \
            "There is no network to fetch what is needed. Run the same command again when it is back; what was fetched is kept." 4
    fi
    tail -n 15 "$log" >&2
    stop "لم يكتمل تثبيت حزم Python؛ السبب في الأسطر السابقة." "The Python packages could not be installed; the lines above say why."
}

# What stands in .venv at the end, and what passes through while it is being fetched; the tests bring Daft and Ray.
room_on_disk() {
    room=1.5
    [ "$1" = run ] || room=3
    free=$(df -Pk "$root" | awk 'NR == 2 { print $4 }')
    [ "$free" -ge "$(awk "BEGIN { print int($room * 1000000) }")" ] || disk_is_full
}

disk_is_full() {
    stop "لا مساحة كافية على القرص. يلزم $room غيغابايت على الأقل، ثم يُعاد الأمر نفسه." \
        "There is not enough room on the disk. At least $room GB are needed; then run the same command again."
}
