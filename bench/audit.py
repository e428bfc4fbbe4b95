"""What it costs to record and seal an edit: the same edit with its entry and without, in turn."""

import json
import statistics
from dataclasses import dataclass

from bench.load import load

SECONDS, EDITORS = 0.5, 8
ROUNDS_EACH = 16  # the difference is small, so it takes many turns to tell it from the ups and downs of the machine


@dataclass(frozen=True)
class Edits:
    audited: float
    plain: float
    cost: str


def edits(port: int, rounds: int) -> Edits:
    pairs = [_both(port, audited_first=turn % 2 == 0) for turn in range(rounds * ROUNDS_EACH + 1)][1:]  # warm by then
    costs = [1 - audited / plain for audited, plain in pairs]
    lower, middle, upper = statistics.quantiles(costs, n=4)
    return Edits(
        statistics.median(audited for audited, _ in pairs),
        statistics.median(plain for _, plain in pairs),
        f"{middle:.1%} (half of the rounds {lower:.1%} to {upper:.1%})",
    )


def _both(port: int, *, audited_first: bool) -> tuple[float, float]:
    if audited_first:
        return _per_second(port, "/audited-edit"), _per_second(port, "/edit")
    plain = _per_second(port, "/edit")
    return _per_second(port, "/audited-edit"), plain


def _per_second(port: int, path: str) -> float:
    run = load(port, lambda number: _edit(path, number), visitors=EDITORS, seconds=SECONDS)
    if set(run.statuses) != {200}:
        raise SystemExit(f"some edits were not answered 200: {run.statuses}")
    return run.per_second


def _edit(path: str, number: int) -> bytes:
    body = json.dumps({"number": number, "name": f"Client {number}", "phone": f"+49 30 {number}"}).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
