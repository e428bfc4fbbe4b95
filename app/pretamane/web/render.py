"""The app's own pages: templates that escape everything, under a policy that runs no script but ours."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse

from pretamane.web import navigation
from pretamane.web.assets import asset_address
from pretamane.web.palette import custom_properties
from pretamane.web.sizes import in_words
from pretamane.web.times import local

if TYPE_CHECKING:
    from jinja2 import Environment

PACKAGE = Path(__file__).parent.parent


def page(
    template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **context: object
) -> HTMLResponse:
    """Render "problem.html" of the shared look, "contacts/form.html" of a feature; no value may be missing."""
    nonce = secrets.token_urlsafe(16)
    always = {"nonce": nonce, "status": status, "asset": asset_address}
    shown = {"practice": None, "request_id": None, "entries_for": navigation.entries_for, **context, **always}
    content = templates().get_template(template).render(shown)
    return HTMLResponse(content, status_code=status, headers={**_protection(nonce), **(headers or {})})


def _protection(nonce: str) -> dict[str, str]:
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; script-src 'self'; "
            "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        # A form's own address must still reach the app as Origin, which "no-referrer" would turn into null.
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
    }


@lru_cache(maxsize=1)
def templates() -> Environment:
    """Jinja is loaded with the first page, not with the process: most processes never render one."""
    from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined, select_autoescape

    features = {folder.parent.name: FileSystemLoader(folder) for folder in PACKAGE.glob("*/templates")}
    shared = features.pop("web")
    known = Environment(
        loader=ChoiceLoader([shared, PrefixLoader(features)]),
        autoescape=select_autoescape(default=True, default_for_string=True, disabled_extensions=("txt",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    known.filters["custom_properties"] = custom_properties
    known.filters["local"] = local
    known.filters["size"] = in_words
    return known
