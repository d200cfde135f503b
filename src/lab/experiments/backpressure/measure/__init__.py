"""bench: processes of an arm. burst: one arm under load. kills: SIGKILL under load. seen: all."""
