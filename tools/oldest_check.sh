#!/bin/sh
# Install the oldest versions that pyproject.toml allows, and run the package's tests with them.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -c "
import tomllib
for line in tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies']:
    print(line.replace('>=', '=='))" > "$folder/oldest.txt"
"$python" -m pip --disable-pip-version-check -q install -r "$folder/oldest.txt" . 'pyparsing<3.3' pytest hypothesis beartype jupyter-client ipykernel
tests=$(ls tests/test_*.py | grep -v -e notebooks -e site -e tools)
# Warnings are no errors here: old versions warn of new ones (and Matplotlib 3.8 of each newer pyparsing).
"$python" -m pytest $tests -q -p no:cacheprovider -o addopts= -o filterwarnings=default
