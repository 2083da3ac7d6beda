#!/usr/bin/env bash
# Gradescope runs this once, as root, when it builds the autograder: a Python of its own with what sheetprop needs.
set -euo pipefail

root=${1:-/autograder}
source=$root/source

# Ubuntu 22.04 calls 3.10 python3, and has 3.11 beside it; what Gradescope itself runs stays as it is.
python=python3
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    python=python3.11
fi

export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install --yes --no-install-recommends "$python" "$python-venv"

"$python" -m venv "$root/venv"
"$root/venv/bin/python" -m pip install --no-cache-dir --disable-pip-version-check --requirement "$source/requirements.txt"

# What cannot judge must fail here, before a student hands in: an answer key is made and judged, and has to be right.
sheetprop() {
    PYTHONPATH=$source "$root/venv/bin/python" -m sheetprop "$@"
}
trial=$(mktemp -d)
trap 'rm -rf "$trial"' EXIT
sheetprop generate "$trial/key.xlsx" --template "$source/template.toml" --iterations 12
sheetprop validate "$trial/key.xlsx" --template "$source/template.toml" --workers 1
