"""days: generated ones, rules by Prometheus. live: the path of an alert. checks: promtool, amtool. seen: all."""
