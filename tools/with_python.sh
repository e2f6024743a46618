#!/bin/sh
# Runs a script with the first Python 3.11 or newer that can make virtual environments.
found=
for name in python3.11 python3.12 python3.13 python3.14 python3; do
    command -v "$name" >/dev/null 2>&1 || continue
    "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
    found=$name
    "$name" -c 'import ensurepip, venv' 2>/dev/null && exec "$name" "$@"
done
if [ -n "$found" ]; then
    echo "$found cannot make virtual environments: install its venv package (Debian and Ubuntu: apt-get install python3-venv) and run make again." >&2
else
    echo "Python 3.11 or newer is missing: install it with its venv package (Debian and Ubuntu: apt-get install python3 python3-venv) and run make again." >&2
fi
exit 1
