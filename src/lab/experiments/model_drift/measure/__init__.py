"""trials: windows without drift. drifts: with it, and real years. live: the served models and the
alert's path. beside: a restart, tests of the rules. seen: all."""
