"""A small dialplan in which callers wait for a person, file by file, for tests that check and try it."""

from pathlib import Path

import plan_files

FILES = {
    "plan.yaml": """\
name: desk
start: greeting
country: GB
hours:
  office: [monday-friday 8:00-18:00]
variables:
  back_on: {type: phone}
  topic: {type: text}
queues:
  orders:
    hours: office
    skills: orders
    position: "You are number {position}. It takes {expected_wait}."
universal:
  on: {human: person, goodbye: farewell}
  digress: {help: help}
repair:
  no_input: I heard nothing.
  no_match: Pardon?
  then: person
""",
    "flows/main.yaml": """\
steps:
  greeting:
    say: Hello. What is it about?
    collect: {slot: topic, next: person}
  person:
    say: I am putting you through.
    queue:
      name: orders
      reason: "It is about {topic}."
      on: {call_back: back_here}
      digress: {other_number: numbers}
      served: survey
      over: nobody
  back_here:
    if: caller_number is set
    then: call_here
    else: no_number
  no_number:
    say: I do not see your number.
    next: farewell
  call_here:
    leave: {for: call_back, next: farewell}
  survey:
    say: I hope that {agent} could help you.
    next: farewell
  nobody:
    say: Nobody is there, it is {queue_over}.
    next: farewell
  farewell:
    say: Goodbye.
    hangup: yes
""",
    "flows/numbers.yaml": """\
steps:
  ask_number:
    say: On which number?
    collect: {slot: back_on, next: sure}
  sure:
    say: Sure?
    listen: {on: {"yes": call_there, "no": stay}}
  call_there:
    say: We will call you.
    leave: {for: call_back, number: back_on, next: farewell}
  stay:
    return: yes
""",
    "flows/help.yaml": "steps:\n  help: {say: I can help., return: yes}\n",
    "intents/call_back.yaml": "sentences: call me back\n",
    "intents/other_number.yaml": "sentences: on another number\n",
}


def write(folder: Path, changes: dict[str, str] | None = None) -> Path:
    """Into the folder; by file, each change is `old=>new`."""
    files = dict(FILES)
    for name, change in (changes or {}).items():
        old, new = change.split("=>")
        assert files[name].count(old) == 1, f"{old!r} in {name}"
        files[name] = files[name].replace(old, new)
    return plan_files.write(folder, files)
