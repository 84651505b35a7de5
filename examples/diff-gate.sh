#!/bin/sh
# A gate for CI: is what was built now what was built before, but for what may differ? Exit status 0: yes; 1: no, and
# the differences are printed; 2: it could not be told.
#   diff-gate.sh BEFORE NOW [GLOB…]          e.g. diff-gate.sh released:app img:app 'usr/**' 'app/**'
# BEFORE and NOW are images or root filesystem directories. With globs, only paths that match one count.
set -u
before=$1
now=$2
shift 2
ocikit=${OCIKIT:-ocikit}
set -f
paths=
for glob in "$@"; do paths="$paths --paths $glob"; done

# --semantic: not the times, but contents, modes, owners, links and attributes, and what the config makes a container do.
# shellcheck disable=SC2086
"$ocikit" diff "$before" "$now" --semantic --reasons --exit-code $paths
status=$?
case $status in
  0) echo "the same" ;;
  1) echo "not the same: see above" >&2 ;;
esac
exit $status
