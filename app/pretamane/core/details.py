"""The details of events, jobs and audit entries: as JSON, in which ids and times are words."""

import json
from collections.abc import Mapping, Sequence


def as_json(details: Mapping[str, object] | Sequence[object]) -> str:
    return json.dumps(details, default=str)
