"""The app's own samples of every kind: where stories run alone, the name "tests" does not lead to the app's."""

import sys
from collections.abc import Callable, Sequence
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Protocol, cast


class Sample(Protocol):
    name: str
    content: bytes


_PLACE = Path(__file__).parents[2] / "app" / "tests" / "samples.py"
_spec = spec_from_file_location("samples_of_the_app", _PLACE)
assert _spec is not None
assert _spec.loader is not None
_samples = module_from_spec(_spec)
sys.modules[_spec.name] = _samples
_spec.loader.exec_module(_samples)

every_kind = cast("Callable[[], Sequence[Sample]]", _samples.every_kind)
pdf = cast("Callable[..., bytes]", _samples.pdf)
pdf_of = cast("Callable[[dict[int, bytes]], bytes]", _samples.pdf_of)
locked_pdf = cast("Callable[[str], bytes]", _samples.locked_pdf)
scanned_pdf = cast("Callable[[str], bytes]", _samples.scanned_pdf)
