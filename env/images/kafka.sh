#!/bin/sh
# One KRaft node: NODE is its number, PORT is for clients, CONTROL_PORT for the nodes' own quorum, KAFKA_SETTINGS the
# properties that all nodes share.
set -eu
properties=/data/server.properties
{
    cat <<PROPERTIES
node.id=$NODE
listeners=PLAINTEXT://127.0.0.1:$PORT,CONTROLLER://127.0.0.1:$CONTROL_PORT
advertised.listeners=PLAINTEXT://127.0.0.1:$PORT,CONTROLLER://127.0.0.1:$CONTROL_PORT
log.dirs=/data/log
PROPERTIES
    # After the node's own, for the last one counts: these may name other listeners.
    printf '%s\n' "$KAFKA_SETTINGS" | tr ';' '\n'
} > "$properties"
run() { heap=$1; shift; java "-Xms$heap" "-Xmx$heap" -XX:+UseSerialGC -Djava.awt.headless=true -Dlog4j2.configurationFile=file:/opt/log4j2.properties -cp '/opt/kafka/*' "$@"; }
run 128m kafka.tools.StorageTool format -t TWVhc3VyZWREYXRhRW5naQ -c "$properties" --ignore-formatted >/dev/null
heap="${KAFKA_HEAP_MB}m"
exec java "-Xms$heap" "-Xmx$heap" -XX:+UseSerialGC -Djava.awt.headless=true -Dlog4j2.configurationFile=file:/opt/log4j2.properties \
    -cp '/opt/kafka/*' kafka.Kafka "$properties"
