"""The baselines: a hello handler, and one that validates a whole form and makes one group commit.

Nothing is left out of the work that they name, and nothing is added: no cookie, no protective
header, no guard, no sealing.
"""

from secrets import token_bytes
from typing import Annotated, Any, Literal

from litestar import Litestar, get, post
from litestar.datastructures import State
from litestar.enums import MediaType, RequestEncodingType
from litestar.params import Body
from pydantic import BaseModel, ConfigDict, Field, create_model
from sqlalchemy import Column, LargeBinary, MetaData, Table, func, insert, select
from sqlalchemy.schema import CreateTable

from schemas.questionnaire import Question, QuestionKind
from survey_service.stores.statements import DIALECTS
from survey_service.stores.store import Store
from survey_service.surveys.core import load
from survey_service.surveys.form import CompiledForm
from tests.benchmarks.full_form import PURPOSES


def _type_of(form: CompiledForm, question: Question) -> Any:
    if question.kind is QuestionKind.TEXT:
        return Annotated[str, Field(max_length=question.max_length)]
    if question.kind is QuestionKind.INTEGER:
        return Annotated[int, Field(ge=question.minimum, le=question.maximum)]
    if question.kind is QuestionKind.GROUP:
        number = Annotated[int, Field(ge=0, le=max(part.maximum for part in question.parts))]
        return Annotated[list[number], Field(max_length=len(question.parts))]  # type: ignore[valid-type]
    codes = Literal[tuple(option.code for option in form.options_for(question.id))]  # type: ignore[misc]
    return list[codes] if question.kind is QuestionKind.MULTI else codes


def whole_form() -> type[BaseModel]:
    """Return the model of the core questionnaire with its decisions: 43 fields."""
    form = load().form
    fields: dict[str, Any] = dict.fromkeys(PURPOSES, (Literal["yes", "no"], ...))
    fields |= {question.id: (_type_of(form, question), ...) for question in form.questions}
    return create_model("WholeForm", __config__=ConfigDict(frozen=True, extra="forbid"), **fields)


WholeForm = whole_form()
KEPT = Table(
    "kept",
    MetaData(),
    Column("tag", LargeBinary, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
INSERT = insert(KEPT)
COUNT = select(func.count()).select_from(KEPT)


def create_table(store: Store) -> None:
    """Leave the store with the one table that the handler writes."""
    text = str(CreateTable(KEPT).compile(dialect=DIALECTS["sqlite"]))
    store.write_now(lambda tx: tx.script(text))


def count_rows(store: Store) -> int:
    """Return how many rows the handler has written."""
    row = store.read_now(lambda tx: tx.one(COUNT))
    return int(row[0]) if row else 0


def bare_app(store: Store, row_bytes: int) -> Litestar:
    """Return the application; a kept row has `row_bytes` bytes, as a sealed submission has."""

    @get("/hello", media_type=MediaType.TEXT)
    async def hello() -> str:
        return "hello"

    @post("/keep", media_type=MediaType.TEXT)
    async def keep(
        data: Annotated[WholeForm, Body(media_type=RequestEncodingType.URL_ENCODED)],  # type: ignore[valid-type]
        state: State,
    ) -> str:
        body = data.model_dump_json().encode().ljust(row_bytes)
        await store.write(lambda tx: tx.run(INSERT, tag=token_bytes(32), body=body))
        return "kept"

    return Litestar(
        route_handlers=[hello, keep], openapi_config=None, logging_config=None, debug=False
    )
