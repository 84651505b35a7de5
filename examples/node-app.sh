#!/bin/sh
# A Node application as an image, without docker: the runtime, the libraries it is linked to and the application are
# put into a directory, and the directory is committed.
#   node-app.sh APP_DIRECTORY IMAGE          e.g. node-app.sh examples/app img:app
set -eu
app=$1
image=$2
ocikit=${OCIKIT:-ocikit}
rootfs=$(mktemp -d)
trap 'rm -rf "$rootfs"' EXIT
chmod 755 "$rootfs"

# The runtime. `ldd` names the libraries that the dynamic linker would look for, and the linker itself.
node=$(command -v node)
mkdir -p "$rootfs/usr/bin" "$rootfs/app" "$rootfs/tmp"
cp -L "$node" "$rootfs/usr/bin/node"
ldd "$node" | grep -o '/[^ ]*' | while read -r library; do
  mkdir -p "$rootfs$(dirname "$library")"
  cp -L "$library" "$rootfs$library"
done

# The application: only what it needs to run (a real one runs `npm ci --omit=dev` in here first).
cp -R "$app/." "$rootfs/app/"

# Owners and times that are the same on every machine make a digest that is the same for the same application.
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-0}"
exec "$ocikit" commit "$rootfs" "$image" --owner 0:0 --clamp-mtime -m "node $(node --version) and $(basename "$app")" \
  -c 'WORKDIR /app' -c 'ENV NODE_ENV=production' -c 'USER 1000:1000' -c 'CMD ["/usr/bin/node", "index.mjs"]'
