"""In which language a text is written: by its script, or by the words that all texts of a language have."""

import re
import unicodedata
from collections import Counter
from typing import Final

LOOKED_AT: Final = 4_000
# Fewer words of a language are chance: a name, a street.
_FEWEST: Final = 5
_CLEAR: Final = 1.3

_WORDS: Final = {
    "en": "the of and to in is that for it with as was on are be this by at from have not you or an which we your our "
    "has will please dear if can would there been their they his her but all any",
    "de": "der die das und in den von zu mit ist nicht ein eine des auf für im dem sich auch als wird an es werden aus "
    "sie bei wir oder nach hat sind einer einen wie über ihr ihre sehr geehrte haben kann zum zur ich durch am",
    "fr": "le la les de des et en un une du est que pour dans qui par sur pas au plus avec ce nous vous il sont ou "
    "cette ses votre notre elle être ont été mais comme je leur sa son ces d'un l",
    "es": "el la los las de y en que un una del se por con para es su al lo como más no ha sus este esta son o pero "
    "sin sobre entre ser también fue han hay usted nos le desde todo está cuando",
    "it": "il la le di e che in un una del per con non è i si da al della dei sono lo gli alla nel più come ha ma "
    "questo suo delle dal nella ed o se ai essere tra ci dalla degli stato",
    "nl": "de het een en van in is dat op te met voor niet zijn aan er om ook als bij door naar worden uit wordt maar "
    "heeft dit deze wij u over kan onze of tot nog hebben meer werd moet geen",
    "pt": "o a os as de e em que um uma do da para com não por se no na é dos das ao mais como foi ou mas à sua seu "
    "são pelo pela são ser está também até nos isso ele muito você já",
    "pl": "i w na z do się nie że jest o od po za jak dla to oraz przez przy lub ze jego co ale który która są "
    "był pan pani ich już być może zostać tylko pod przed ma tym tego",
}
_BY_WORD: Final = {name: frozenset(words.split()) for name, words in _WORDS.items()}
_WORD: Final = re.compile(r"[^\W\d_]+")
# A script that one language of ours writes, or by far the most; Cyrillic and Han are told apart below.
_BY_SCRIPT: Final = {
    **{"GREEK": "el", "HEBREW": "he", "ARABIC": "ar", "THAI": "th", "HANGUL": "ko", "DEVANAGARI": "hi"},
    **{"ARMENIAN": "hy", "GEORGIAN": "ka", "BENGALI": "bn", "TAMIL": "ta", "CYRILLIC": "ru"},
    **{"HIRAGANA": "ja", "KATAKANA": "ja", "CJK": "zh"},
}
_LAST_LATIN: Final = "\u024f"
_UKRAINIAN: Final = frozenset("іїєґ")


def language_of(text: str) -> str | None:
    """Its ISO 639-1 code; None where there is too little to tell, or where two are as likely."""
    looked_at = text[:LOOKED_AT].lower()
    by_script = _by_script(looked_at)
    return _by_words(looked_at) if by_script is None else by_script


def _by_script(text: str) -> str | None:
    """Names of signs are looked up only where there are some beyond the Latin ones."""
    if sum(sign > _LAST_LATIN for sign in text) < _FEWEST:
        return None
    scripts = Counter(unicodedata.name(sign, "").partition(" ")[0] for sign in text if sign.isalpha())
    known = Counter({name: count for name, count in scripts.items() if name in _BY_SCRIPT})
    if sum(known.values()) < max(_FEWEST, scripts["LATIN"]):
        return None
    if known["HIRAGANA"] + known["KATAKANA"] > known["CJK"] // 20:
        return "ja"
    language = _BY_SCRIPT[known.most_common(1)[0][0]]
    return "uk" if language == "ru" and _UKRAINIAN & set(text) else language


def _by_words(text: str) -> str | None:
    words = Counter(_WORD.findall(text))
    scores = Counter(
        {name: sum(count for word, count in words.items() if word in known) for name, known in _BY_WORD.items()}
    )
    (best, most), (_next, fewer) = scores.most_common(2)
    return best if most >= _FEWEST and most >= _CLEAR * fewer else None
