"""A small dialplan that has a bit of everything, for tests that spoil it."""

from pathlib import Path

import plan_files

FILES = {
    "plan.yaml": """\
name: small
language: en
start: greeting
country: GB
currency: GBP
time_zone: Europe/London
hours:
  open: [monday-friday 9:00-17:00]
holidays: ["12-25"]
timing: {no_input_timeout: 5s}
routes:
  - name: night
    when: {from: "+44*", hours: not open, holiday: no}
    start: greeting
    set: {size: small}
variables:
  number: {type: digits, length: 2-4}
  size: {type: list, of: sizes}
  pin: {type: digits, length: 4, sensitive: yes}
  day: {type: date}
  amount: {type: money, from: "1.00", to: "99.00"}
  tries: {type: number, value: "0"}
  state: {type: text}
  shop: {type: text, scope: plan, value: Green Street}
prefetch:
  - {table: customers, key: caller_number}
actions:
  place_order: {arguments: [size, amount], order_by: size}
rules:
  polite: "(please|could you)"
universal:
  on: {human: person, goodbye: farewell}
  digress: {help: help}
  dtmf: {"0": human, "9": repeat}
repair:
  no_input: I heard nothing.
  no_match: [Pardon?, Once more please.]
  low_confidence: "Did you say {heard}?"
  then: farewell
lines: {resumed: Sorry., no_human: Nobody here., transfer_failed: Nobody answers.}
human: sip:desk@192.0.2.1
""",
    "flows/main.yaml": """\
steps:
  greeting:
    say: Hello, this is {shop}.
    timing: {speech_complete_timeout: 250ms}
    listen:
      on: {order: ask, buy: form}
      dtmf: {"1": order, "2": ask}
  ask:
    say: Which number?
    collect:
      slot: number
      sentences: it is {number}
      valid: length(number) > 1
      invalid: That is too short.
      next: find
  find:
    lookup: {table: orders, key: number, found: tell, not_found: ask}
  tell:
    say: "Number {number}: {state}."
    next: count
  count:
    set: {tries: tries + 1}
    if:
      - {when: tries > 3, then: farewell}
      - {when: caller_number is set, then: greeting}
    else: person
  person:
    say: One moment.
    transfer: {to: human, failed: farewell}
  farewell:
    say: Goodbye.
    hangup: yes
""",
    "flows/buying.yaml": """\
repair:
  no_match: I did not get that.
steps:
  form:
    say: What would you like?
    collect:
      form:
        size: {ask: Which size?, reask: Small or large?}
        amount: {ask: For how much?, valid: amount < 50, invalid: That is too much.}
      confirm: "{size} for {amount}. Is that right?"
      next: secret
  secret:
    call: paying
    next: promise
  promise:
    do: {action: place_order, next: thanks}
  thanks:
    say: "<slow>Thank you.</slow> <pause 300ms> We see you on {day}."
    next: greeting
""",
    "flows/paying.yaml": """\
steps:
  key_in:
    say: Key in your number.
    dtmf: {slot: pin, next: when}
  when:
    say: Which day?
    collect: {slot: day, next: known}
  known:
    if: pin = '4711'
    then: paid
    else: paid
  paid:
    return: yes
""",
    "flows/help.yaml": """\
steps:
  explain:
    say: You can order and buy.
    return: yes
""",
    "intents/order.yaml": 'sentences: ["[<polite>] [my] order {number}", my order]\n',
    "intents/buy.yaml": 'sentences:\n  - "i want to buy something"\n  - "buy a {size} one"\n',
    "lists/sizes.yaml": "values:\n  small: [small, little]\n  large: (large|big)\n",
    "tables/orders.yaml": "rows:\n  '12': {state: ready}\n  '34': {state: lost}\n",
    "tables/customers.yaml": "rows:\n  '+442079460000': {size: large}\n",
}


def changed(**changes: str | None) -> dict[str, str]:
    """The files with changes; a name is a path with __ for /, its value old=>new (several with ## between),
    the content of a new file, or None for no file.
    """
    files = dict(FILES)
    for name, change in changes.items():
        path = name.replace("__", "/") + ".yaml"
        if change is None:
            del files[path]
        elif path not in files:
            files[path] = change
        else:
            files[path] = _edited(files[path], change)
    return files


def _edited(content: str, change: str) -> str:
    for pair in change.split("##"):
        old, new = pair.split("=>")
        assert old in content, old
        content = content.replace(old, new, 1)
    return content


def write(folder: Path, **changes: str | None) -> Path:
    """The small plan with changes, in a folder."""
    return plan_files.write(folder, changed(**changes))
