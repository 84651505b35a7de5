#!/bin/sh
# An image of a layout to a registry and back with skopeo. ocikit itself reaches no network; digests stay as they are.
#   registry.sh IMAGE REPOSITORY:TAG BACK    e.g. registry.sh img:app registry.example.org/ann/app:1 back:app
# TLS=false for a registry on this machine.
set -eu
image=$1
remote=$2
back=$3
ocikit=${OCIKIT:-ocikit}
tls=${TLS:-true}

skopeo copy --quiet --dest-tls-verify="$tls" "oci:$image" "docker://$remote"
skopeo copy --quiet --src-tls-verify="$tls" "docker://$remote" "oci:$back"

# What came back is whole, and is what went there, digest for digest.
"$ocikit" validate "${back%:*}"
there=$("$ocikit" inspect "$image" --format '{{.Descriptor.digest}}')
here=$("$ocikit" inspect "$back" --format '{{.Descriptor.digest}}')
[ "$there" = "$here" ] || { echo "registry.sh: expected $there, got $here" >&2; exit 1; }
echo "$here"
