"""Migrations, from every revision there ever was, on SQLite and PostgreSQL: data is kept."""

import subprocess
import sys
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from postgres import database_url, postgres_cluster, postgres_url

from softswitch.config import bundled
from softswitch.errors import SoftswitchError
from softswitch.store import migrate
from softswitch.store.engine import open_engine
from softswitch.store.outbox.tables import actions
from softswitch.store.people.tables import agents
from softswitch.store.tables import calls

__all__ = ["database_url", "postgres_cluster", "postgres_url"]

(METADATA,) = {table.metadata for table in (calls, actions, agents)}  # each room's tables are in it
REVISIONS = [r.revision for r in ScriptDirectory(str(bundled("migrations"))).walk_revisions()][::-1]

# A row for each table, referred-to tables first; a column that a revision lacks is left out there.
ROWS: dict[str, dict[str, Any]] = {
    "calls": {
        "call_id": "c" * 32,
        "sip_call_id": "1@host",
        "from_uri": "sip:ann@example.org",
        "to_uri": "sip:shop@example.org",
        "source": "192.0.2.1:5060",
        "plan": "reception",
        "plan_version": "abc",
        "started_at": 1000.125,
        "answered_at": 1001.5,
        "ended_at": 1060.75,
        "codec": "PCMU",
        "cause": 16,
        "sip_status": 200,
        "ended_by": "caller",
        "reason": "bye",
        "step": "menu",
        "state": '{"step": "menu"}',
        "packets_received": 3000,
        "packets_lost": 2,
        "packets_sent": 2999,
        "jitter_ms": 1.25,
        "underruns": 1,
        "node": "first",
        "trunk": "main",
        "route": "open",
        "direction": "out",
        "answered_by": "voicemail",
        "attestation": "A",
        "recording": "2026/11/22/c.wav",
        "recording_note": "cut: the disk is full",
        "round_trip_ms": 31.5,
        "mos": 4.25,
    },
    "turns": {
        "id": 7,
        "call_id": "c" * 32,
        "number": 1,
        "step": "menu",
        "via": "speech",
        "heard": "what are your opening hours",
        "confidence": 0.875,
        "intent": "hours",
        "said": "Nine to five.",
        "said_s": 1.5,
        "said_heard_s": 1.25,
        "said_heard": "Nine to",
        "at": 1010.0,
        "stages_ms": {"endpoint": 200.0, "total": 312.5},
        "path": ["find", "found", "menu"],
        "language": "en",
        "rung": "thought",
        "alternatives": [{"text": "what are zero parking hours", "confidence": 0.125}],
    },
    "actions": {
        "id": 3,
        "call_id": "c" * 32,
        "key": "place:1",
        "name": "place_order",
        "arguments": {"item": "paper"},
        "order_key": "+442079460000",
        "promised_at": 1012.5,
        "idempotency_key": "e" * 32,
        "plan": "reception",
        "kind": "http",
        "leased_by": "",
        "error": "503",
        "state": "dead",
        "blocked": False,
        "attempts": 3,
        "run_at": 1013.5,
        "failed_at": None,
        "finished_at": 1014.5,
        "result": {"number": "12"},
    },
    "workers": {"holder": "first:12:ab", "node": "first", "beat": 4, "at": 1014.5},
    "messages": {
        "id": 41,
        "node": "first",
        "topic": "softswitch/v1/first/calls/c/started",
        "payload": '{"event": "started"}',
        "at": 1014.5,
    },
    "agents": {
        "name": "ann",
        "address": "sip:ann@192.0.2.7",
        "skills": ["german", "billing"],
        "ring_time": 12.5,
        "wrap_up": 20.5,
        "accept_key": "1",
        "state": "wrap_up",
        "state_at": 1020.5,
        "reason": "a talk",
        "until": 1041.0,
        "last_free_at": 1020.5,
        "next_state": "",
        "node": "first",
        "holder": "",
        "call_id": "c" * 32,
        "leg": "d" * 32,
    },
    "waiting": {
        "id": 5,
        "call_id": "c" * 32,
        "entered_at": 1011.5,
        "node": "first",
        "holder": "",
        "plan": "reception",
        "queue": "sales",
        "priority": 2,
        "skills": ["german"],
        "reason": "an invoice",
        "number": "+442079460000",
        "since": 1010.5,
        "state": "served",
        "agent": "ann",
        "tries": 2,
        "offered_at": 1012.5,
        "answered_at": 1015.5,
        "ended_at": 1020.5,
        "due_at": None,
        "back_since": None,
        "back_call": "",
        "code": "solved",
    },
    "callers": {
        "plan": "reception",
        "number": "+442079460000",
        "name": "customer",
        "value": "Ann",
        "at": 1012.5,
    },
    "trunks": {
        "name": "main",
        "settings": {"kind": "register", "hosts": ["sip.example.com"], "username": "ann"},
        "secret": b"\x01encrypted\xff",
        "changed_at": 1013.5,
    },
    "changes": {"kind": "trunks", "revision": 9},
    "bans": {
        "address": "198.51.100.7",
        "reason": "20 requests of an unknown source",
        "node": "first",
        "at": 1014.5,
        "until": 4614.5,
        "times": 2,
    },
    "dialled": {
        "call_id": "c" * 32,
        "number": "+442079460000",
        "trunk": "main",
        "node": "first",
        "at": 1000.125,
        "answered_at": 1001.5,
        "ended_at": 1060.75,
    },
    "answers": {
        "id": 6,
        "plan": "reception",
        "version": "abc",
        "language": "en",
        "key": "when you open",
        "intent": "hours",
        "same": '["", []]',
        "question": "When do you open?",
        "answer": "At nine.",
        "scope": "plan",
        "fields": {"branch": "north"},
        "known": ["branch", "day"],
        "caller": "",
        "state": "approved",
        "made_at": 1016.5,
        "expires_at": 2016.5,
        "used_at": 1017.5,
        "uses": 3,
    },
    "jobs": {"name": "sweeping", "due": 1018.5},
    "journals": {"node": "first", "run": "f" * 32, "number": 41},
    "holds": {
        "scope": "calls_per_minute",
        "reason": "31 calls in a minute",
        "at": 1015.5,
        "released_at": 1016.5,
    },
}


def tables_of(connection: sa.Connection) -> dict[str, sa.Table]:
    found = sa.MetaData()
    found.reflect(connection)
    return {name: table for name, table in found.tables.items() if name != "alembic_version"}


def write_a_row_in_each_table(url: str) -> dict[str, dict[str, Any]]:
    engine = open_engine(url, writes=True)
    with engine.begin() as connection:
        tables = tables_of(connection)
        for name, table in tables.items():
            missing = set(table.c.keys()) - set(ROWS.get(name, {}))
            assert not missing, f"add {missing} to the row of {name} in ROWS, so that the test covers it"
        rows = {
            name: {column: value for column, value in row.items() if column in tables[name].c}
            for name, row in ROWS.items()
            if name in tables
        }
        for name, row in rows.items():
            connection.execute(tables[name].insert(), row)
    engine.dispose()
    return rows


def read_rows(url: str) -> dict[str, dict[str, Any]]:
    engine = open_engine(url)
    with engine.begin() as connection:
        read = {
            name: dict(connection.execute(table.select()).mappings().one_or_none() or {})
            for name, table in tables_of(connection).items()
        }
    engine.dispose()
    return read


def downgrade(url: str, revision: str) -> None:
    engine = open_engine(url, writes=True)
    with engine.begin() as connection:
        command.downgrade(migrate.alembic_config(connection), revision)
    engine.dispose()


def test_an_empty_database_gets_every_revision_and_is_then_up_to_date(database_url: str) -> None:
    assert migrate.check(database_url).current is None
    assert migrate.upgrade(database_url) == tuple(REVISIONS)
    assert migrate.check(database_url).up_to_date
    assert migrate.upgrade(database_url) == ()


@pytest.mark.parametrize("revision", REVISIONS)
def test_upgrading_from_a_revision_keeps_every_row(database_url: str, revision: str) -> None:
    migrate.upgrade(database_url, revision)
    before = write_a_row_in_each_table(database_url)
    assert migrate.check(database_url).current == revision
    migrate.upgrade(database_url)
    after = read_rows(database_url)
    for table, row in before.items():
        kept = {column: after[table].get(column) for column in row}
        assert kept == row, f"{table} changed on the way from {revision}"


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_revision_can_be_taken_back_and_applied_again(database_url: str, revision: str) -> None:
    migrate.upgrade(database_url, revision)
    write_a_row_in_each_table(database_url)
    downgrade(database_url, "-1")
    assert migrate.check(database_url).current != revision
    first = revision == REVISIONS[0]  # nothing is left below it
    before = {} if first else read_rows(database_url)
    migrate.upgrade(database_url)
    assert migrate.check(database_url).up_to_date
    after = {} if first else read_rows(database_url)
    assert all(row.items() <= after[table].items() for table, row in before.items())


def test_the_migrated_schema_is_that_of_the_tables(database_url: str) -> None:
    migrate.upgrade(database_url)
    engine = open_engine(database_url)
    with engine.connect() as connection:
        # SQLite's defaults come back quoted, which alembic takes for a difference.
        defaults = {"compare_server_default": connection.dialect.name != "sqlite"}
        context = MigrationContext.configure(connection, opts=defaults)
        assert compare_metadata(context, METADATA) == []
        for table in METADATA.sorted_tables:
            found = {c["name"] for c in sa.inspect(connection).get_check_constraints(table.name)}
            wanted = {c.name for c in table.constraints if isinstance(c, sa.CheckConstraint)}
            assert found == wanted
    engine.dispose()


def test_a_database_newer_than_the_code_is_left_alone_and_said_so(database_url: str) -> None:
    migrate.upgrade(database_url)
    engine = open_engine(database_url, writes=True)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    with pytest.raises(SoftswitchError, match=r"revision 9999.*install the newer softswitch"):
        migrate.upgrade(database_url)
    status = migrate.check(database_url)
    assert (status.current, status.newer, status.up_to_date) == ("9999", True, False)


def test_checking_creates_nothing(tmp_path: Any) -> None:
    assert not migrate.check(f"sqlite:///{tmp_path}/absent/records.db").up_to_date
    assert list(tmp_path.iterdir()) == []


MIGRATOR = """
import sys
from softswitch.store import migrate
print("ready", flush=True)
sys.stdin.readline()
print(*migrate.upgrade(sys.argv[1]))
"""


@pytest.mark.slow
def test_starters_that_migrate_at_once_do_not_collide(database_url: str) -> None:
    starters = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", MIGRATOR, database_url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for starter in starters:
        assert starter.stdout and starter.stdout.readline() == "ready\n"
    for starter in starters:
        assert starter.stdin
        starter.stdin.write("go\n")
        starter.stdin.flush()
    applied = [starter.communicate(timeout=60)[0].split() for starter in starters]
    assert [starter.returncode for starter in starters] == [0, 0, 0, 0]
    assert sorted(applied) == [[], [], [], REVISIONS]


def test_a_migration_that_fails_leaves_nothing_behind(
    database_url: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("migrations")
    (folder / "versions").mkdir()
    (folder / "env.py").write_text((bundled("migrations") / "env.py").read_text())
    (folder / "versions/0001_bad.py").write_text(
        "from alembic import op\nimport sqlalchemy as sa\nrevision = '0001'\ndown_revision = None\n"
        "def upgrade():\n"
        "    op.create_table('half', sa.Column('id', sa.Integer, primary_key=True))\n"
        "    op.execute('SELECT * FROM absent')\n"
    )
    monkeypatch.setattr(migrate, "bundled", lambda what: folder)
    with pytest.raises(SoftswitchError, match="absent"):
        migrate.upgrade(database_url)
    engine = open_engine(database_url)
    with engine.connect() as connection:
        assert sa.inspect(connection).get_table_names() == []
    engine.dispose()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "not a SQLAlchemy URL"),
        ("sqlite://", "names no file"),
        ("mysql://host/name", "mysql is not supported"),
        ("sqlite:////proc/softswitch/records.db", "choose another data_dir"),
        ("postgresql://user:secret@/name?host=/nowhere", "cannot be used"),
    ],
)
def test_a_database_that_cannot_be_used_is_said_in_one_sentence(url: str, said: str) -> None:
    with pytest.raises(SoftswitchError, match=said) as raised:
        migrate.upgrade(url)
    assert "\n" not in str(raised.value)
    assert "secret" not in str(raised.value)
