# ruff: noqa: RUF001  # letters of other scripts that resemble ours are the point here
"""Languages, days and titles, as letters have them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pretamane.documents.about import dates, facts, languages

LATEST = date(2026, 3, 2)
TEXTS = {
    "en": "Dear Ada, thank you for your letter. We have looked at the figures, and they are what you "
    "said that they are.",
    "de": "Sehr geehrte Frau Ada, vielen Dank für Ihren Brief. Wir haben die Zahlen geprüft, und sie "
    "sind so, wie Sie es sagen.",
    "fr": "Madame, merci pour votre lettre. Nous avons vu les chiffres et ils sont ce que vous avez "
    "dit dans la lettre.",
    "es": "Estimada señora: gracias por su carta. Hemos visto los números y son lo que usted dijo en la carta de ayer.",
    "it": "Gentile signora, la ringrazio per la sua lettera. Abbiamo visto i numeri e sono come ha "
    "detto lei nella lettera.",
    "nl": "Geachte mevrouw, dank u voor uw brief. Wij hebben de cijfers bekeken en zij zijn zoals u "
    "het in de brief zegt.",
    "pt": "Prezada senhora, obrigado pela sua carta. Vimos os números e são o que você disse na "
    "carta que nos foi enviada.",
    "pl": "Szanowna Pani, dziękuję za list. Sprawdziliśmy liczby i są one takie, jak Pani napisała w "
    "liście do nas, ale nie wszystkie.",
    "ru": "Уважаемая госпожа, спасибо за ваше письмо. Мы посмотрели цифры.",
    "uk": "Шановна пані, дякуємо за ваш лист. Ми подивилися на цифри, і вони є такими.",
    "el": "Αγαπητή κυρία, ευχαριστούμε για την επιστολή σας.",
    "ja": "お手紙ありがとうございます。数字を確認しました。",
    "zh": "感谢您的来信。我们已经核对了所有数字。",
    "ko": "편지 감사합니다. 숫자를 확인했습니다.",
    "ar": "شكرا لك على رسالتك. لقد راجعنا الأرقام.",
    "he": "תודה על מכתבך. בדקנו את המספרים.",
}


@pytest.mark.parametrize(("language", "letter"), TEXTS.items(), ids=TEXTS)
def test_a_letters_language_is_told(language, letter):
    assert languages.language_of(letter) == language


@pytest.mark.parametrize("little", ["", "Ada", "12.50 EUR", "Müller GmbH\n0123 456", "x = y + z\n" * 50])
def test_of_too_little_no_language_is_told(little):
    assert languages.language_of(little) is None


def test_a_name_in_another_script_makes_no_other_language():
    assert languages.language_of(TEXTS["en"] + " Пётр Ильич") == "en"


@pytest.mark.parametrize(
    ("language", "written", "day"),
    [
        ("en", "London, 14 February 2026", date(2026, 2, 14)),
        ("en", "February 14th, 2026", date(2026, 2, 14)),
        ("en", "the 1st of March 2026", date(2026, 3, 1)),
        ("en", "Date: 2026-02-14", date(2026, 2, 14)),
        ("en", "02/14/2026", date(2026, 2, 14)),
        ("en", "14/02/2026", date(2026, 2, 14)),
        ("en", "03/02/2026", None),
        ("de", "Berlin, den 14. Februar 2026", date(2026, 2, 14)),
        ("de", "14.02.2026", date(2026, 2, 14)),
        ("de", "1. März 2026", date(2026, 3, 1)),
        ("de", "14.02.26", date(2026, 2, 14)),
        ("fr", "Paris, le 1er février 2026", date(2026, 2, 1)),
        ("fr", "03/02/2026", date(2026, 2, 3)),
        ("es", "Madrid, 14 de febrero de 2026", date(2026, 2, 14)),
        ("it", "Roma, 14 febbraio 2026", date(2026, 2, 14)),
        ("nl", "Utrecht, 14 februari 2026", date(2026, 2, 14)),
        ("pt", "Lisboa, 14 de fevereiro de 2026", date(2026, 2, 14)),
        ("pl", "Warszawa, 14 lutego 2026", date(2026, 2, 14)),
        (None, "14 février 2026", date(2026, 2, 14)),
        ("de", "31.02.2026", None),
        ("de", "Rechnung 1.2.3 vom 14.02.2026", date(2026, 2, 14)),
        ("en", "Version 12.10.2025.3, call 01.02.03", None),
        ("en", "Due on 14 April 2026", None),
        ("en", "Due on 14 April 2026, written on 14 February 2026", date(2026, 2, 14)),
        ("en", "born 1 May 1890", None),
    ],
)
def test_a_day_near_the_top_is_read_as_its_language_writes_it(language, written, day):
    assert dates.date_of(f"A letter\n{written}\nand more", language, LATEST) == day


def test_a_day_far_below_the_top_does_not_count():
    assert dates.date_of("x " * dates.TOP + "14 February 2026", "en", LATEST) is None


@given(st.text(max_size=3000))
def test_no_text_is_too_strange_to_learn_from(text):
    learned = facts.learn(text, LATEST)

    assert learned.dated is None or learned.dated <= date(2026, 3, 3)
    assert facts.first_line(text) is None or "\n" not in str(facts.first_line(text))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("\n\n  Rent of   March \n12", "Rent of March"),
        ("12 34 56\n--\nInvoice", "Invoice"),
        ("12\n34", None),
        ("a " * 200, None),
    ],
)
def test_a_scans_title_is_its_first_line_of_words(text, line):
    assert facts.first_line(text) == line
