"""Numbers of bytes as people read them, in the units that their own computers show."""

_UNITS = ("kB", "MB", "GB", "TB")
_STEP = 1000


def in_words(size: int) -> str:
    if size < _STEP:
        return f"{size} bytes"
    shown, unit = size / _STEP, 0
    while round(shown) >= _STEP and unit < len(_UNITS) - 1:
        shown, unit = shown / _STEP, unit + 1
    return f"{shown:.1f} {_UNITS[unit]}" if shown < 10 else f"{shown:.0f} {_UNITS[unit]}"
