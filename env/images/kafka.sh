#!/bin/sh
# One KRaft node: NODE is its number, PORT what clients outside reach it by, KAFKA_SETTINGS the shared properties.
set -eu
properties=/data/server.properties
{
    printf '%s\n' "$KAFKA_SETTINGS" | tr ';' '\n'
    cat <<PROPERTIES
node.id=$NODE
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=INSIDE
listeners=PLAINTEXT://0.0.0.0:9092,INSIDE://0.0.0.0:9094,CONTROLLER://0.0.0.0:9093
advertised.listeners=PLAINTEXT://127.0.0.1:$PORT,INSIDE://kafka-$NODE:9094
log.dirs=/data/log
PROPERTIES
} > "$properties"
run() { heap=$1; shift; java "-Xms$heap" "-Xmx$heap" -XX:+UseSerialGC -Djava.awt.headless=true -Dlog4j2.configurationFile=file:/opt/log4j2.properties -cp '/opt/kafka/*' "$@"; }
run 128m kafka.tools.StorageTool format -t TWVhc3VyZWREYXRhRW5naQ -c "$properties" --ignore-formatted >/dev/null
heap="${KAFKA_HEAP_MB}m"
exec java "-Xms$heap" "-Xmx$heap" -XX:+UseSerialGC -Djava.awt.headless=true -Dlog4j2.configurationFile=file:/opt/log4j2.properties \
    -cp '/opt/kafka/*' kafka.Kafka "$properties"
