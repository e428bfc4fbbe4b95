"""Fields from a body, however a client chose to send them."""

import json
from typing import Annotated, Any

from fastapi import Depends, Request
from python_multipart.multipart import parse_options_header
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from pretamane.core.errors import Malformed, UnsupportedMedia

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")

# A page of a list, with some room for what stands around it.
CHOICES = 250


def media_type(request: Request) -> str:
    return request.headers.get("content-type", "").split(";")[0].strip().lower()


def is_a_form(request: Request) -> bool:
    return media_type(request) in FORMS


async def read_fields(request: Request) -> dict[str, Any]:
    if is_a_form(request):
        return await _read_form(request)
    if media_type(request) == "application/json":
        return _from_json(await request.body())
    raise UnsupportedMedia("Send the fields as JSON or as a form (Content-Type: application/json, or a form's own).")


async def read_form_with_file(request: Request) -> dict[str, Any]:
    """For forms with one small file, which comes as its bytes; a place for a file that was left empty is left out."""
    if not is_a_form(request):
        raise UnsupportedMedia("Send the fields as a form.")
    return await _read_form(request, files=1)


async def read_choices(request: Request) -> dict[str, Any]:
    """For forms with a box to tick beside each row of a list."""
    if not is_a_form(request):
        raise UnsupportedMedia("Send the fields as a form.")
    return await _read_form(request, fields=CHOICES)


async def _read_form(request: Request, files: int = 0, fields: int = 50) -> dict[str, Any]:
    if _charset(request) not in (b"utf-8", b"utf8"):
        raise UnsupportedMedia("Send the form's text as UTF-8.")
    try:
        async with request.form(max_files=files, max_fields=fields) as form:
            texts = {name: value for name, value in form.items() if not isinstance(value, UploadFile)}
            sent = [(name, value) for name, value in form.items() if isinstance(value, UploadFile) and value.filename]
            return {**texts, **{name: await file.read() for name, file in sent[:files]}}
    except HTTPException as failure:
        if failure.status_code == 413:
            raise
        raise Malformed("The form could not be read: it is cut off, has files, or has too many fields.") from failure


def _charset(request: Request) -> bytes:
    """Python knows charsets that make half characters, or no text at all, of what was sent."""
    _, parameters = parse_options_header(request.headers.get("content-type"))
    return parameters.get(b"charset", b"utf-8").lower()


def _from_json(body: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError) as failure:
        raise Malformed("The message is not well-formed JSON, so it could not be read.") from failure
    if not isinstance(fields, dict):
        raise Malformed("The message must be a JSON object with a value for each field.")
    return fields


# For handlers in the thread pool: the body is read before them, while no connection is held.
Fields = Annotated[dict[str, Any], Depends(read_fields)]
FieldsAndFile = Annotated[dict[str, Any], Depends(read_form_with_file)]
Choices = Annotated[dict[str, Any], Depends(read_choices)]
