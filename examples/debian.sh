#!/bin/sh
# A small Debian as an image, without docker: mmdebstrap writes a tar, `import` makes the image of it as it comes.
#   debian.sh IMAGE [SUITE] [PACKAGES]       e.g. debian.sh img:debian bookworm curl,ca-certificates
set -eu
image=$1
suite=${2:-bookworm}
packages=${3:-}
ocikit=${OCIKIT:-ocikit}

# With SOURCE_DATE_EPOCH, mmdebstrap and ocikit give the same image for the same packages.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(date +%s)}
export SOURCE_DATE_EPOCH

mmdebstrap --quiet --variant="${VARIANT:-minbase}" ${packages:+--include="$packages"} "$suite" - |
  "$ocikit" import - "$image" -m "debian $suite" -c 'CMD ["bash"]' -c 'ENV LANG=C.UTF-8'
