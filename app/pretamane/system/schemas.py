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


class Versions(BaseModel):
    pretamane: str
    python: str
    postgresql: str
    tables: str | None = Field(description="The migration that the database's tables are at")
    tables_wanted: str = Field(description="The migration that this version of Pretamane works with")


class FolderState(BaseModel):
    bytes: int = Field(description="What its files hold together")
    is_complete: bool = Field(description="False when there is more that could not be counted in time")
    free_bytes: int = Field(description="What is left on its disk")


class Storage(BaseModel):
    database_bytes: int
    data_folder: FolderState


class QueueState(BaseModel):
    due: int
    running: int
    delayed: int
    dead: int = Field(description="Given up; a person decides")
    oldest_due_seconds: float = Field(description="How long the job that waits longest has been due")


class SystemInfo(BaseModel):
    """What an operator asks first."""

    versions: Versions
    health: Health
    storage: Storage
    queue: QueueState
