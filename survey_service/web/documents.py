"""Problems as RFC 9457 documents, for programmes. They speak English."""

import json
from typing import Any

from litestar.types import Send

from survey_service.problems import Problem
from survey_service.web.translation import SOURCE_LANGUAGE, translator

MEDIA_TYPE = "application/problem+json"


def problem_document(problem: Problem) -> dict[str, Any]:
    """What RFC 9457 wants of a problem, and `errors` for each field."""
    _ = translator(SOURCE_LANGUAGE)
    document: dict[str, Any] = {
        "type": problem.type,
        "title": _(problem.title),
        "status": problem.status,
        "detail": _(problem.detail, **problem.values),
    }
    if problem.fields:
        document["errors"] = [
            {
                "field": error.field,
                "detail": _(error.message, **error.values),
                **({"remedy": _(error.remedy, **error.values)} if error.remedy else {}),
            }
            for error in problem.fields
        ]
    return document


async def send_problem(problem: Problem, send: Send) -> None:
    """Answer with the document where no handler was reached."""
    body = json.dumps(problem_document(problem)).encode()
    await send(
        {
            "type": "http.response.start",
            "status": problem.status,
            "headers": [
                (b"content-type", MEDIA_TYPE.encode()),
                (b"content-length", str(len(body)).encode()),
            ],
        }
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})
