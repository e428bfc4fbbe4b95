"""The details of events, jobs and audit entries: as JSON, in which ids and times are words."""

import json
from collections.abc import Mapping
from typing import Any


def as_json(details: Mapping[str, object]) -> str:
    return json.dumps(details, default=str)


def as_kept(details: Mapping[str, object]) -> dict[str, Any]:
    """As whoever reads them again finds them, so that a listener sees what a later reader will."""
    kept: dict[str, Any] = json.loads(as_json(details))
    return kept
