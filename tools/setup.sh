#!/bin/sh
# Make .venv with everything the book needs. Called by make; says what is missing where something is.
set -u
python=${PYTHON:-python3}
venv=.venv
stop() { printf '\n%s\n' "$1" >&2; exit 1; }

command -v "$python" >/dev/null 2>&1 || stop "Python is missing: no command '$python'. Install Python 3.11 or newer, or say which one: make PYTHON=/path/to/python3"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || stop "Python is too old: '$python' is $("$python" -V 2>&1), the book needs 3.11 or newer. Say which one to use: make PYTHON=/path/to/python3.11"
free=$(df -Pk . | awk 'NR == 2 { print int($4 / 1024) }')
[ "$free" -ge 2500 ] || stop "The disk is too full: $free MB free here, the environment needs 2,500 MB."

rm -f "$venv/ready"
if command -v uv >/dev/null 2>&1; then
  [ -x "$venv/bin/python" ] || uv venv --quiet --python "$(command -v "$python")" "$venv" || stop "uv could not make $venv."
  uv pip install --quiet --python "$venv/bin/python" -r requirements.txt -e . || stop "uv could not install requirements.txt (its message is above). Without a network for PyPI the environment cannot be made; an existing one is left as it is."
else
  "$python" -c 'import venv, ensurepip' 2>/dev/null || stop "Python's venv module is missing. On Debian and Ubuntu: apt-get install python3-venv"
  [ -x "$venv/bin/pip" ] || { rm -rf "$venv"; "$python" -m venv "$venv" || stop "Could not make $venv."; }
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r requirements.txt -e . || stop "pip could not install requirements.txt (its message is above). Without a network for PyPI the environment cannot be made; run the command again when there is one."
fi
touch "$venv/ready"
