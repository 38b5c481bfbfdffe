"""The words every package shares: the frozen base model and the roles of people."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A value: nothing in it changes afterwards, and nothing undeclared gets in."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Role(StrEnum):
    """What an account may be; each person holds exactly one."""

    MEDIATOR = "mediator"
    COORDINATOR = "coordinator"
    RESEARCHER = "researcher"
    OUTPUT_CHECKER = "output_checker"
    DPO = "dpo"
    ADMINISTRATOR = "administrator"
