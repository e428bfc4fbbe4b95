"""The day that a letter bears: the first near the top of its text that is written as its language writes days."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

TOP: Final = 2_000
_EARLIEST: Final = date(1950, 1, 1)

_MONTHS: Final = {
    "en": "january february march april may june july august september october november december",
    "de": "januar februar märz april mai juni juli august september oktober november dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
}
_NUMBER_OF: Final = {
    language: {name: number for number, name in enumerate(names.split(), start=1)}
    for language, names in _MONTHS.items()
}
# Where two digits are a year as often as a telephone number.
_SHORT_YEARS: Final = frozenset(_MONTHS) - {"en"}
# Also as its first three letters, with or without a point.
_DATES: Final = re.compile(
    r"(?<![\w.])(?:"
    r"(?P<iso>\d{4})-(?P<iso_month>\d{2})-(?P<iso_day>\d{2})"
    r"|(?P<first>\d{1,2})(?P<between>[./-])\s?(?P<second>\d{1,2})(?P=between)\s?(?P<year>\d{4}|\d{2})"
    r"|(?P<day>\d{1,2})(?:\.|er|st|nd|rd|th|º|°)?\s+(?:of\s+|de\s+)?(?P<month>[^\W\d_]{3,12})\.?,?"
    r"\s+(?:de\s+|del\s+)?(?P<year_behind>\d{4})"
    r"|(?P<month_before>[^\W\d_]{3,12})\.?\s+(?P<day_behind>\d{1,2})(?:st|nd|rd|th)?,\s*(?P<last_year>\d{4})"
    r")(?!\w|\.\d)",
    re.I,
)


def date_of(text: str, language: str | None, latest: date) -> date | None:
    """None of later than tomorrow: those are appointments and terms."""
    found = (_date(each, language) for each in _DATES.finditer(text[:TOP]))
    return next((day for day in found if day and _EARLIEST <= day <= latest + timedelta(days=1)), None)


def _date(found: re.Match[str], language: str | None) -> date | None:
    part = found.groupdict()
    if part["iso"]:
        return _made(part["iso"], int(part["iso_month"]), part["iso_day"])
    if part["first"]:
        return _of_numbers(part, language)
    if part["day"]:
        return _made(part["year_behind"], _month(part["month"], language), part["day"])
    return _made(part["last_year"], _month(part["month_before"], language), part["day_behind"])


def _of_numbers(part: dict[str, str], language: str | None) -> date | None:
    """With slashes an English day may be an American one; where both readings are days, it is neither."""
    first, second = int(part["first"]), int(part["second"])
    if part["between"] == "/" and language in ("en", None):
        if first <= 12 and second <= 12 and first != second:
            return None
        first, second = max(first, second), min(first, second)
    if len(part["year"]) == 4:
        return _made(part["year"], second, first)
    return _made(f"20{part['year']}", second, first) if language in _SHORT_YEARS else None


def _month(name: str, language: str | None) -> int:
    """Of the text's language; of any where that is not known. Nought for what is no month."""
    for names in [_NUMBER_OF[language]] if language in _NUMBER_OF else _NUMBER_OF.values():
        for number in _numbers(names, name.lower()):
            return number
    return 0


def _numbers(names: dict[str, int], name: str) -> Iterator[int]:
    yield from (number for full, number in names.items() if name in (full, full[:3]))


def _made(year: str, month: int, day: str | int) -> date | None:
    try:
        return date(int(year), month, int(day))
    except ValueError:
        return None
