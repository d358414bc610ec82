#!/bin/sh
# Makes .venv hold exactly what a lock names, and Sunbid itself; does nothing when it does already.
#     setup/environment.sh run     requirements.lock
#     setup/environment.sh test    requirements-test.lock, which contains the other
set -eu

find_python() {
    for name in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            "$name" -c 'import os, sys; print(os.path.realpath(sys.executable))'
            return
        fi
    done
    echo "Sunbid needs Python 3.11 or newer. Where it has a name of its own: make PYTHON=/path/to/python" >&2
    exit 1
}

make_venv() {
    if ! "$python" -c 'import ensurepip' 2>/dev/null; then
        sh setup/apt.sh "python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
    fi
    echo "Making .venv with $made_by"
    "$python" -m venv --clear .venv
    .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-uv.lock
    echo "$made_by" >.venv/made-by
}

fill_venv() {
    rm -f .venv/holds-*
    uv="env UV_PYTHON_DOWNLOADS=never .venv/bin/uv pip"
    $uv sync -q --python .venv/bin/python --require-hashes --only-binary :all: "$lock"
    # The build backend is in the lock, so nothing is fetched here.
    $uv install -q --python .venv/bin/python --no-deps --no-build-isolation --editable .
    echo "$holds" >".venv/holds-$kind"
}

# Another make in the same checkout waits here instead of taking the environment away from under this one.
exec 9<.
flock 9

kind=$1
[ ! -f .venv/holds-test ] || kind=test
case $kind in
    run) lock=requirements.lock ;;
    test) lock=requirements-test.lock ;;
esac
python=$(find_python)
# Scripts in .venv know the folder they were made in: a copied checkout needs its own.
made_by="$python ($("$python" --version)) in $PWD"
holds=$(cat "$lock" pyproject.toml | sha256sum)

[ "$(cat .venv/made-by 2>/dev/null)" = "$made_by" ] || make_venv
[ "$(cat ".venv/holds-$kind" 2>/dev/null)" = "$holds" ] || fill_venv
