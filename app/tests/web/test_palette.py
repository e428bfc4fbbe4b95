from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from pretamane.web.palette import DARK_GROUND, LIGHT_GROUND, READABLE, contrast, custom_properties

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def test_contrast_is_that_of_the_guidelines():
    assert round(contrast("#000000", "#ffffff"), 2) == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


@given(primary=COLOURS, accent=COLOURS)
def test_any_choice_of_colours_leaves_text_readable_in_light_and_dark(primary, accent):
    properties = custom_properties(SimpleNamespace(primary_colour=primary, accent_colour=accent))

    for role in ("primary", "accent"):
        assert contrast(properties[f"--{role}-ink-light"], LIGHT_GROUND) >= READABLE
        assert contrast(properties[f"--{role}-ink-dark"], DARK_GROUND) >= READABLE
    assert contrast(properties["--on-primary"], primary) >= READABLE


def test_a_colour_that_can_be_read_is_not_changed():
    properties = custom_properties(SimpleNamespace(primary_colour="#1d4d4f", accent_colour=None))

    assert properties["--primary"] == properties["--primary-ink-light"] == "#1d4d4f"
    assert "--accent" not in properties
