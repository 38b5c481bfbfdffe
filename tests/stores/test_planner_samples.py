"""What a database keeps of rows beside the rows."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from survey_service.stores.stores import Stores
from tests.kit.field import Field, people

SAMPLES = {
    "sqlite": text("SELECT name FROM sqlite_master WHERE name LIKE 'sqlite_stat%'"),
    "postgresql": text(
        "SELECT tablename, attname FROM pg_stats WHERE schemaname = current_schema()"
    ),
}


def test_the_planner_keeps_no_sample_of_any_value(stores: Stores, tmp_path: Path) -> None:
    """Samples of different days would tell who was there early, long after a rewrite."""
    field = Field(stores, tmp_path)
    wave = field.open_wave()
    field.answer_all(wave, people(60), questions=3)
    field.close_wave(wave)
    for store in stores:
        if store.dialect == "postgresql":
            store.write_now(lambda tx: tx.script("ANALYZE"))
        samples = SAMPLES[store.dialect]
        assert store.read_now(lambda tx, asked=samples: tx.all(asked)) == [], store.name  # type: ignore[misc]
