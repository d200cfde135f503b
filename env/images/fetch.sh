#!/bin/sh
# fetch PROFILE: artefacts of a profile of the pom into /opt/PROFILE, verified; an archive is replaced by its content.
set -eu
target=/opt/$1
mvn -q -B -ntp -P "$1" "-Dtarget=$target" -f /build/env/pom.xml generate-resources
cd "$target"
sha256sum --quiet --check "/build/env/checksums/$1.sha256"
for archive in *.tar.gz; do
    [ -e "$archive" ] || continue
    tar -xzf "$archive" --no-same-owner
    rm "$archive"
done
