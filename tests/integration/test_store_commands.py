"""softswitch calls and softswitch db, on a real database: what people and programs are shown."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from softswitch.cli.calls import calls
from softswitch.cli.db import db
from softswitch.config import Config
from softswitch.events import CallEnded, CallInfo, EndedBy, MediaQuality
from softswitch.news import CallAnswered, CallFinished, CallStarted, RecordingChanged, TurnFinished
from softswitch.store import migrate
from softswitch.store.apply import apply
from softswitch.store.engine import transaction

A = "a1" * 16


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(data_dir=tmp_path)


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def recorded(config: Config, utc: None) -> Config:
    migrate.upgrade(config.database_url)
    info = CallInfo(A, "1@host", "sip:ann\x1b[31m@host", "sip:shop@host", "192.0.2.1:5060", 86400.0)
    hours = TurnFinished(
        A, 2, "menu", "speech", "when are you open", 0.87, "hours", "We are open from nine to five.",
        2.5, 1.0, "We are open", 86410.0, {"endpoint": 212.0, "total": 290.4},
    )  # fmt: skip
    greeting = TurnFinished(A, 1, "menu", "start", "", 0.0, "", "Hello.", 1.0, 1.0, "Hello.", 86401.0)
    with transaction(config.database_url, writes=True) as connection:
        apply(connection, CallStarted(info, "reception", "v7", 86400.0, attestation="A"))
        apply(connection, CallAnswered(A, "PCMU", 86400.5))
        apply(connection, greeting)
        apply(connection, hours)
    return config


def run(group: click.Group, config: Config, *arguments: str) -> Result:
    return CliRunner().invoke(group, arguments, obj=config)


def finish(config: Config) -> None:
    quality = MediaQuality(3000, 2, 2999, jitter_ms=1.25, round_trip_ms=31.5, mos=4.28)
    ended = CallEnded(16, 200, EndedBy.CALLER, quality, reason="BYE")
    with transaction(config.database_url, writes=True) as connection:
        apply(connection, RecordingChanged(A, "1970/01/02/a.wav", "cut: the disk is full", 86401.0))
        apply(connection, CallFinished(A, ended, "menu", 86460.0))


def test_list_shows_a_line_for_each_call(recorded: Config) -> None:
    head, line = run(calls, recorded, "list").output.splitlines()
    assert head.split() == ["CALL", "STARTED", "WITH", "LASTED", "TURNS", "MOS", "STEP", "END"]
    assert line.startswith("a1a1a1a1  1970-01-02 00:00:00  sip:ann?[31m@host")
    assert line.endswith("live")
    finish(recorded)
    line = run(calls, recorded, "list").output.splitlines()[1]
    assert line.split()[4:8] == ["60", "s", "2", "4.3"]
    assert line.split()[8:] == ["menu", "normal", "clearing", "(16)", "by", "caller", "BYE"]
    assert run(calls, recorded, "list", "--live").output == "no calls recorded\n"
    assert run(calls, recorded, "list", "--since", "1970-01-03").output == "no calls recorded\n"


def test_list_as_json_holds_every_field(recorded: Config) -> None:
    (call,) = json.loads(run(calls, recorded, "list", "--json").output)["calls"]
    assert (call["call_id"], call["plan"], call["turns"], call["ended_at"]) == (A, "reception", 2, None)


def test_show_prints_the_conversation_as_it_went(recorded: Config) -> None:
    finish(recorded)
    shown = run(calls, recorded, "show", "a1a1").output
    assert "started 1970-01-02 00:00:00, answered 00:00:00 PCMU" in shown
    assert "\n  in, from sip:ann?[31m@host (192.0.2.1:5060) to sip:shop@host\n  identity A\n" in shown
    assert "lost 2, sent 2999; jitter 1.2 ms; round trip 32 ms; underruns 0; MOS 4.28" in shown
    assert f"recording {recorded.recordings_dir}/1970/01/02/a.wav (cut: the disk is full)" in shown
    assert (
        "1. 00:00:01 at menu\n   start\n   answer: Hello.\n   heard of it: all of it (1.0 of 1.0 s)" in shown
    )
    assert (
        "2. 00:00:10 at menu\n"
        "   caller: when are you open (0.87) -> hours\n"
        "   answer: We are open from nine to five.\n"
        '   heard of it: "We are open" (1.0 of 2.5 s)\n'
        "   ms: endpoint 212, total 290\n"
    ) in shown
    assert "\x1b" not in shown


def test_show_as_json_holds_the_call_and_its_turns(recorded: Config) -> None:
    history = json.loads(run(calls, recorded, "show", "a1a1", "--json").output)
    assert history["call"]["call_id"] == A
    assert [turn["heard"] for turn in history["turns"]] == ["", "when are you open"]
    assert history["turns"][1]["stages_ms"] == {"endpoint": 212.0, "total": 290.4}


def test_tail_prints_the_latest_turns(recorded: Config) -> None:
    lines = run(calls, recorded, "tail", "--last", "1", "--json").output.splitlines()
    assert [json.loads(line)["number"] for line in lines] == [2]
    assert "caller: when are you open" in run(calls, recorded, "tail").output


FOLLOWER = """
from softswitch.cli.calls import calls
from softswitch.config import Config
import sys
calls(["tail", "--follow", "--json"], obj=Config(data_dir=sys.argv[1]))
"""


def test_tail_follows_new_turns_until_it_is_interrupted(recorded: Config) -> None:
    command = [sys.executable, "-u", "-c", FOLLOWER, str(recorded.data_dir)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as follower:
        assert follower.stdout
        seen = [json.loads(follower.stdout.readline())["number"] for _ in range(2)]
        with transaction(recorded.database_url, writes=True) as connection:
            apply(connection, TurnFinished(A, 3, "", "silence", "", 0.0, "", "", 0.0, 0.0, "", 86420.0))
        seen.append(json.loads(follower.stdout.readline())["number"])
        follower.send_signal(signal.SIGINT)
    assert seen == [1, 2, 3]
    assert follower.returncode == 0


def test_check_fails_until_the_database_is_up_to_date(config: Config) -> None:
    before = run(db, config, "check")
    assert (before.exit_code, "run softswitch db upgrade" in before.output) == (1, True)
    assert run(db, config, "upgrade").output.startswith("applied 0001")
    assert run(db, config, "upgrade", "--json").output == '{"applied": []}\n'
    after = run(db, config, "check", "--json")
    assert (after.exit_code, json.loads(after.output)["up_to_date"]) == (0, True)


def test_check_names_a_database_that_is_newer(recorded: Config) -> None:
    with transaction(recorded.database_url, writes=True) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    result = run(db, recorded, "check")
    assert (result.exit_code, "newer than this softswitch" in result.output) == (1, True)


@pytest.mark.parametrize("group", [calls, db])
def test_every_command_shows_an_example(group: click.Group, config: Config) -> None:
    for name in group.commands:
        assert f"Example:\n    softswitch {group.name} {name}" in run(group, config, name, "--help").output
