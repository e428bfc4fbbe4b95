"""A practice's two colours, made safe to read: any colour may be chosen, no choice may hide the text."""

import re
from typing import Protocol

HEX_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
READABLE = 4.5  # WCAG 2.2 AA for body text
# Against any colour at all, one of these two reaches READABLE; a softer black would not.
WHITE, BLACK = "#ffffff", "#000000"
# Of the grounds that text stands on in pages.css, the ones harder to read on.
LIGHT_GROUND, DARK_GROUND = "#f3f4f0", "#1a2120"


class Coloured(Protocol):
    """Whatever says which colours a practice shows; the pages know no more of it."""

    @property
    def primary_colour(self) -> str | None: ...
    @property
    def accent_colour(self) -> str | None: ...


def custom_properties(practice: Coloured) -> dict[str, str]:
    """The CSS custom properties that pages.css reads; nothing for a colour that is unset or not #rrggbb."""
    properties: dict[str, str] = {}
    for role, colour in (("primary", practice.primary_colour), ("accent", practice.accent_colour)):
        if colour is None or not HEX_COLOUR.fullmatch(colour):
            continue
        properties[f"--{role}"] = colour
        properties[f"--{role}-ink-light"] = readable(colour, LIGHT_GROUND, towards=0)
        properties[f"--{role}-ink-dark"] = readable(colour, DARK_GROUND, towards=255)
        if role == "primary":
            properties["--on-primary"] = max((WHITE, BLACK), key=lambda ink: contrast(colour, ink))
    return properties


def readable(colour: str, ground: str, towards: int) -> str:
    """The colour itself where it can be read on that ground, else moved to black or white until it can."""
    steps = (_mix(colour, towards, step / 20) for step in range(21))
    return next((mixed for mixed in steps if contrast(mixed, ground) >= READABLE), _mix(colour, towards, 1))


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _parts(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]


def _mix(colour: str, towards: int, share: float) -> str:
    return "#" + "".join(f"{round(part + (towards - part) * share):02x}" for part in _parts(colour))


def _luminance(colour: str) -> float:
    shares = [part / 255 for part in _parts(colour)]
    red, green, blue = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
