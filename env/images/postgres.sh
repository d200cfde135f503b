#!/bin/sh
# Initialise /data once, then serve. Settings that an experiment needs come by ALTER SYSTEM.
set -eu
bin=/usr/lib/postgresql/15/bin
if [ ! -s /data/PG_VERSION ]; then
    "$bin/initdb" -D /data -U lab -A trust -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null
    # The published port is bound to the host's loopback address; see env/compose.yaml.
    echo 'host all all all trust' >> /data/pg_hba.conf
fi
exec "$bin/postgres" -D /data -clisten_addresses=* -cmax_connections=50 -cshared_buffers=256MB -cunix_socket_directories=/tmp
