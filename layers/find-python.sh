#!/bin/sh
# Prints a Python that runs and can make virtual environments, of the first version found among
# the arguments (Lambda's own, 3.13, first where none are given): on the PATH, under pyenv, or
# beside the default python3.
set -u
beside=$(python3 -c 'import os, sys; print(os.path.dirname(sys.base_prefix))' 2>/dev/null)
for version in ${*:-3.13 3.12 3.11}; do
    for candidate in "python$version" \
        "${PYENV_ROOT:-${HOME:-}/.pyenv}"/versions/"$version".*/bin/python \
        "$beside"/"$version".*/bin/python python3; do
        found=$("$candidate" -c 'import sys, venv, ensurepip; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
        if [ "$found" = "$version" ]; then
            "$candidate" -c "import sys; print(sys.executable)"
            exit 0
        fi
    done
done
exit 1
