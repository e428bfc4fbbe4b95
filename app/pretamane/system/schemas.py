"""How the platform says how it is."""

from typing import Literal

from pydantic import BaseModel, Field


class DependencyState(BaseModel):
    name: str
    state: Literal["ok", "down"]
    milliseconds: float | None = Field(default=None, description="For our own machinery only")


class Health(BaseModel):
    status: Literal["ok", "degraded", "down"]
    dependencies: list[DependencyState]


class Liveness(BaseModel):
    status: Literal["alive"] = "alive"


class Readiness(BaseModel):
    status: Literal["ready"] = "ready"
