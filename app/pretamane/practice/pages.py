"""The practice's own settings, as a form that forgets nothing of what was typed."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from pretamane.core import request_ids
from pretamane.core.actors import Actor
from pretamane.core.errors import AppError, ChangedMeanwhile, Invalid
from pretamane.core.http.admission import Admin
from pretamane.core.http.fields import FieldsAndFile
from pretamane.core.unit_of_work import Work
from pretamane.practice import queries, service, zones
from pretamane.practice.models import Practice
from pretamane.practice.schemas import LOGO_LIMIT, PublicPractice, in_units
from pretamane.web import render

ADDRESS = "/app/settings/practice"
TEXTS = (
    "name",
    "language",
    "time_zone",
    "recipient",
    "primary_colour",
    "accent_colour",
    "privacy_url",
    "imprint_url",
    "terms_url",
    "storage_quota",
)
SHOWN = (*TEXTS, "thanks_visitors")

router = APIRouter(include_in_schema=False)


@router.get(ADDRESS)
def show_settings(actor: Admin, work: Work, saved: bool = False) -> Response:
    practice = work.run_now(queries.current)
    return _form(actor, practice, _there(practice), saved=saved)


@router.post(ADDRESS)
def save_settings(actor: Admin, work: Work, typed: FieldsAndFile) -> Response:
    texts = {name: value for name in TEXTS if isinstance(value := typed.get(name), str)}
    values: dict[str, Any] = {**texts, "thanks_visitors": "thanks_visitors" in typed}
    seen = str(typed.get("version"))
    try:
        work.run_now(service.change_what_was_seen, seen, actor, **values, logo=_logo_of(typed))
    except (Invalid, ChangedMeanwhile) as refusal:
        return _form(actor, work.run_now(queries.current), values, refusal)
    return RedirectResponse(f"{ADDRESS}?saved=true", 303)


def _logo_of(typed: Mapping[str, object]) -> object:
    """A new one, or "" to take away the one that is there, or nothing to say about it."""
    if isinstance(sent := typed.get("logo"), bytes):
        return sent
    return "" if "without_logo" in typed else None


def _form(
    actor: Actor,
    practice: Practice,
    values: Mapping[str, Any],
    refusal: AppError | None = None,
    *,
    saved: bool = False,
) -> Response:
    """After a clash the form carries the newer version: whoever sends it again has been told what they overwrite."""
    return render.page(
        "practice/settings.html",
        status=refusal.status if refusal else 200,
        actor=actor,
        here="settings",
        practice=PublicPractice.of(practice),
        values={name: values.get(name) for name in SHOWN},
        kept=_differences(practice, values) if isinstance(refusal, ChangedMeanwhile) else {},
        errors=refusal.fields if refusal else {},
        problem=refusal.sentence if refusal else None,
        request_id=request_ids.current.get(),
        saved=saved,
        version=practice.version,
        zones=zones.by_region(values.get("time_zone")),
        logo_limit=LOGO_LIMIT // 1024,
    )


def _there(practice: Practice) -> dict[str, Any]:
    quota = practice.storage_quota
    there = {name: getattr(practice, name) for name in SHOWN}
    return there | {"storage_quota": in_units(quota) if quota is not None else None}


def _differences(practice: Practice, values: Mapping[str, Any]) -> dict[str, object]:
    there = _there(practice)
    return {name: value for name, value in there.items() if (value or "") != (values.get(name) or "")}
