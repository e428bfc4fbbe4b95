"""Whoever changes something says which version of it they saw; a change of another version changes nothing."""

import re
from collections.abc import Collection
from typing import Annotated, Any

from fastapi import Depends, Header

from pretamane.core.errors import VersionNeeded

Seen = Collection[int]

# How an answer that carries a version is described in the API's reference.
VERSIONED: dict[int | str, dict[str, Any]] = {
    200: {
        "headers": {
            "ETag": {
                "description": "The version; send it back as If-Match with a change",
                "schema": {"type": "string"},
                "required": True,
            }
        }
    }
}
_TAG = re.compile(r'"([0-9]{1,9})"')


def etag(version: int) -> dict[str, str]:
    return {"ETag": f'"{version}"'}


def _seen(
    if_match: Annotated[
        str | None, Header(description="The ETag of the version that is being changed; any other gets 412.")
    ] = None,
) -> Seen:
    """A weak tag or a foreign one matches no version; `*` would overwrite what nobody has looked at."""
    if if_match is None or if_match.strip() in ("", "*"):
        raise VersionNeeded("Say which version you are changing: send the ETag you were given as If-Match.")
    tags = (_TAG.fullmatch(tag.strip()) for tag in if_match.split(","))
    return frozenset(int(tag[1]) for tag in tags if tag)


def _seen_perhaps(
    if_match: Annotated[
        str | None, Header(description="The ETag of the version that is being changed, where it is said here.")
    ] = None,
) -> Seen | None:
    return None if if_match is None else _seen(if_match)


SeenVersions = Annotated[Seen, Depends(_seen)]
SeenPerhaps = Annotated[Seen | None, Depends(_seen_perhaps)]
