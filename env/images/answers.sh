#!/bin/bash
# Healthy if a server answers: answers PORT PATH (GET, status 200), or listens PORT (a connection is taken).
set -e
exec 3<>"/dev/tcp/127.0.0.1/$1"
[ -z "${2:-}" ] && exit 0
printf 'GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n' "$2" >&3
read -r -t 4 line <&3
[[ "$line" == *" 200"* ]]
