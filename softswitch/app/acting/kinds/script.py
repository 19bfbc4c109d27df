"""Kind `script`: a program of the operator's, the action on its stdin, the result on its stdout, both JSON.

Exit status: 0 is done, 65 (EX_DATAERR of sysexits.h) refused for good, any other one to be tried later. No
shell is involved, and of the node's environment it gets PATH, HOME and the language only.
"""

import asyncio
import contextlib
import json
import os
import signal
from typing import Any

from softswitch.actions.action import Action, Done, Later, Refused, Result
from softswitch.actions.kinds.script import Script as Settings
from softswitch.app.acting.registry import Means

EX_DATAERR = 65
MOST_OUTPUT = 1 << 20
MOST_SAID = 500
"""Letters of its stderr that are kept."""
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ")


class Script:
    def __init__(self, means: Means) -> None:
        pass

    async def run(self, action: Action, settings: Settings) -> Result:
        environment = {name: os.environ[name] for name in INHERITED if name in os.environ}
        environment["IDEMPOTENCY_KEY"] = action.idempotency_key
        try:
            process = await asyncio.create_subprocess_exec(
                *settings.command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=environment,
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            return Later(f"{settings.command[0]} cannot be run: {error.strerror}")
        try:
            out, said = await _talk(process, json.dumps(_told(action)).encode())
            return _result(await process.wait(), out, said)
        finally:
            await _end(process)

    async def close(self) -> None:
        pass


async def _talk(process: asyncio.subprocess.Process, told: bytes) -> tuple[bytes, bytes]:
    """What it writes, up to a limit; the rest it may write to nobody."""
    assert process.stdin and process.stdout and process.stderr
    writing = asyncio.ensure_future(_write(process.stdin, told))
    try:
        return await asyncio.gather(_read(process.stdout), _read(process.stderr))
    finally:
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)


async def _write(stdin: asyncio.StreamWriter, told: bytes) -> None:
    with contextlib.suppress(ConnectionError):  # it need not read it
        stdin.write(told)
        await stdin.drain()
        stdin.close()


async def _read(stream: asyncio.StreamReader) -> bytes:
    kept = bytearray()
    while chunk := await stream.read(65536):
        kept += chunk[: MOST_OUTPUT + 1 - len(kept)]
    return bytes(kept)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Nothing that it started stays behind: it has a process group of its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def _told(action: Action) -> dict[str, Any]:
    return {
        "action": action.name,
        "plan": action.plan,
        "call_id": action.call_id,
        "idempotency_key": action.idempotency_key,
        "attempt": action.attempts,
        "promised_at": action.promised_at,
        "arguments": dict(action.arguments),
    }


def _result(status: int, out: bytes, said: bytes) -> Result:
    if status == 0:
        return _done(out)
    last = said.decode("utf-8", "replace").strip().rpartition("\n")[2][:MOST_SAID]
    told = f"exit status {status}" if status > 0 else f"killed by signal {-status}"
    error = f"{told}: {last}" if last else told
    return Refused(error) if status == EX_DATAERR else Later(error)


def _done(out: bytes) -> Result:
    """It is done whatever it says; what is no JSON object cannot be kept."""
    try:
        result = json.loads(out) if out.strip() and len(out) <= MOST_OUTPUT else {}
    except (ValueError, RecursionError):
        result = {}
    return Done(result if isinstance(result, dict) else {})
