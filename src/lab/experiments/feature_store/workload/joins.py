"""Ways to join entities with times to the updates; each gives columns as the kit's own JOIN does."""

from __future__ import annotations

from dataclasses import dataclass

from lab.experiments.feature_store.criteria import EVENT_TIME, NO_TIME
from lab.experiments.feature_store.kit.features.offline import JOIN

_END = """
SELECT position, event_time, known_time, log_offset, event_id, {features}
FROM (SELECT position, {kept} FROM joined) ORDER BY position
"""


@dataclass(frozen=True)
class Join:
    """A reader's own too. sql: from `log` and `asked`, with the marks {kept} and {features} of the kit's JOIN."""

    name: str
    sql: str


OURS = Join("ASOF on winners", JOIN)
WINDOW = Join(
    "window over both times",
    """
WITH joined AS (
  SELECT asked.position, asked.moment, log.* EXCLUDE (entity)
  FROM asked LEFT JOIN log
    ON asked.entity = log.entity AND log.event_time <= asked.moment AND log.known_time <= asked.moment
  QUALIFY row_number() OVER (
    PARTITION BY position ORDER BY event_time DESC, known_time DESC, log_offset DESC, event_id DESC) = 1
)
"""
    + _END,
)
ASOF = Join(
    EVENT_TIME,
    """
WITH events AS (
  SELECT * FROM log
  QUALIFY row_number() OVER (PARTITION BY entity, event_time ORDER BY known_time DESC, log_offset DESC, event_id DESC) = 1
), joined AS (
  SELECT asked.position, asked.moment, events.* EXCLUDE (entity)
  FROM asked ASOF LEFT JOIN events ON asked.entity = events.entity AND asked.moment >= events.event_time
)
"""
    + _END,
)
LATEST = Join(
    NO_TIME,
    """
WITH newest AS (
  SELECT * FROM log
  QUALIFY row_number() OVER (PARTITION BY entity ORDER BY event_time DESC, known_time DESC, log_offset DESC, event_id DESC) = 1
), joined AS (
  SELECT asked.position, asked.moment, newest.* EXCLUDE (entity)
  FROM asked LEFT JOIN newest ON asked.entity = newest.entity
)
"""
    + _END,
)
JOINS = (OURS, WINDOW, ASOF, LATEST)
FEAST_BOTH, FEAST_ONE = "Feast, filter by created timestamp", "Feast as it comes"
