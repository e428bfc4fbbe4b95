import asyncio
from collections.abc import Callable

import httpx2
import pytest
from starlette.types import ASGIApp


def ask_once(app: ASGIApp, path: str, method: str = "GET", headers: dict[str, str] | None = None) -> httpx2.Response:
    """One request through the ASGI border; the path travels as it is written, dots included."""

    async def once() -> httpx2.Response:
        border = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=border, base_url="http://practice.example") as client:
            request = client.build_request(method, "/", headers=headers)
            request.url = request.url.copy_with(raw_path=path.encode())
            return await client.send(request)

    return asyncio.run(once())


@pytest.fixture
def ask() -> Callable[..., httpx2.Response]:
    return ask_once
