#!/bin/sh
# Install the package as Colab does, into an environment that already has other and newer packages; fail if
# anything there was moved, and run the notebooks against it.
set -eu
export LC_ALL=C
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
pip="$folder/venv/bin/pip --disable-pip-version-check -q"
$pip install jax optax flax numpy pandas scikit-learn scipy matplotlib 'ipywidgets<8' pytest nbval ipykernel beartype
$pip freeze | sort > "$folder/before"
$pip install .
$pip freeze | sort | grep -v -i '^deepbook' > "$folder/after"
moved=$(comm -23 "$folder/before" "$folder/after")
if [ -n "$moved" ]; then
  printf 'Installing deepbook moved packages that were there:\n%s\n' "$moved" >&2
  exit 1
fi
"$folder/venv/bin/python" -m pytest notebooks -p no:cacheprovider -W ignore
