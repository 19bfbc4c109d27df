"""English, as callers say it."""

from softswitch.dialplan.languages.parts import (
    Calendar,
    Clock,
    Currency,
    Half,
    Letters,
    Money,
    Numbers,
    numbered,
)

NUMBERS = Numbers(
    units=numbered("zero one two three four five six seven eight nine", 0) | {"oh": 0},
    teens=numbered("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen", 10),
    tens=numbered("twenty thirty forty fifty sixty seventy eighty ninety", 20, 10),
    scales={"hundred": 100, "thousand": 1000, "million": 1_000_000},
    times={"double": 2, "triple": 3},
    one=frozenset({"a"}),
    joiner="and",
    dozens={"dozen": 12},
    phrases={
        "half a dozen": "6", "a dozen": "12", "a couple": "2", "a couple of": "2", "a half": "0.5",
        "half": "0.5", "half a": "0.5", "a quarter": "0.25", "three quarters": "0.75", "none": "0",
    },
    fractions={"and a half": "0.5", "and a quarter": "0.25", "and three quarters": "0.75"},
    point=frozenset({"point", "dot"}),
    minus=frozenset({"minus", "negative"}),
    plus=frozenset({"plus"}),
    fillers=frozenset({"uh", "um", "er", "dash", "hyphen"}),
    sound_alikes={
        "to": "two", "too": "two", "for": "four", "a": "eight", "won": "one", "ate": "eight", "o": "oh",
        "nought": "zero", "naught": "zero", "niner": "nine", "treble": "triple",
    },
)  # fmt: skip

_ORDINALS = numbered(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth",
    1,
)

CALENDAR = Calendar(
    weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    months=(
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
        "November", "December",
    ),
    ordinals=_ORDINALS
    | {f"twenty {word}": 20 + value for word, value in _ORDINALS.items() if value < 10}
    | {"thirtieth": 30, "thirty first": 31},
    suffixes={1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st", 0: "th"},
    rows=(
        ("[on] {typed}", {}),
        ("[on] {short}", {}),
        ("[on] [{weekday}] [the] {day} of {month} [[in] {year}]", {}),
        ("[on] [{weekday}] [the] {day} {month} [{year}]", {}),
        ("[on] [{weekday}] {month} [the] {day} [[in] {year}]", {}),
        ("[on] the {ordinal}", {}),
        ("[on] [the] {ordinal} of (this|the) month", {}),
        ("[on] {weekday} [the] {ordinal}", {}),
        ("[later] today", {"days": 0}),
        ("tonight", {"days": 0}),
        ("this (morning|afternoon|evening)", {"days": 0}),
        ("tomorrow [morning|afternoon|evening|night]", {"days": 1}),
        ("[the] day after tomorrow", {"days": 2}),
        ("yesterday", {"days": -1}),
        ("[the] day before yesterday", {"days": -2}),
        ("[on|by] [this|coming|this coming] {weekday}", {}),
        ("[on] {weekday} this week", {"week": 0}),
        ("[on] next {weekday}", {"week": 1, "loose": 1}),
        ("[on] {weekday} next week", {"week": 1}),
        ("next week [on] {weekday}", {"week": 1}),
        ("[on] last {weekday}", {"past": 1}),
        ("[on] {weekday} week", {"weeks": 1}),
        ("a week [on|from] {weekday}", {"weeks": 1}),
        ("a fortnight [on|from] {weekday}", {"weeks": 2}),
        ("{weeks} weeks (on|from) {weekday}", {}),
        ("a week (from today|from now|today)", {"days": 7}),
        ("in (a|one) week", {"days": 7}),
        ("a week [from] tomorrow", {"days": 8}),
        ("tomorrow week", {"days": 8}),
        ("in (a|one) day", {"days": 1}),
        ("in {days} days [time]", {}),
        ("{days} days from (now|today)", {}),
        ("{days} days from tomorrow", {"more_days": 1}),
        ("in {weeks} (week|weeks) [time]", {}),
        ("{weeks} (week|weeks) from (now|today)", {}),
        ("in a fortnight", {"days": 14}),
        ("in (a|one) month", {"months": 1}),
        ("in {months} months [time]", {}),
        ("{months} months from (now|today)", {}),
        ("(a|one) month from (now|today)", {"months": 1}),
    ),
    day_first=False,
    near="{weekday}, {month} {day}",
    far="{month} {day}, {year}",
)  # fmt: skip

CLOCK = Clock(
    halves={
        "a m": Half.MORNING, "am": Half.MORNING, "in the morning": Half.MORNING, "this morning": Half.MORNING,
        "p m": Half.AFTERNOON, "pm": Half.AFTERNOON, "in the afternoon": Half.AFTERNOON,
        "this afternoon": Half.AFTERNOON, "in the evening": Half.EVENING, "this evening": Half.EVENING,
        "at night": Half.NIGHT, "tonight": Half.NIGHT,
    },
    rows=(
        ("[at|around|about] {typed} [{half}]", {}),
        ("[at|around|about] {typed24} [{half}]", {"sure": 1}),
        ("[at|around|about] {hour} [o'clock] [{half}]", {}),
        ("[at|around|about] {hour} {minutes} [{half}]", {}),
        ("[at] (oh|zero) {hour} {minutes}", {"sure": 1}),
        ("[at] [oh|zero] {hour} hundred [hours]", {"sure": 1}),
        ("[at] (oh|zero) {hour} hours", {"sure": 1}),
        ("[at] {hour} {minutes} hours", {"sure": 1}),
        ("[at|around|about] half past {hour} [{half}]", {"minute": 30}),
        ("[at|around|about] half {hour} [{half}]", {"minute": 30}),
        ("[at|around|about] [a] quarter (past|after) {hour} [{half}]", {"minute": 15}),
        ("[at|around|about] [a] quarter (to|before|till|of|til) {hour} [{half}]", {"minute": -15}),
        ("[at|around|about] {minute} [minutes] (past|after) {hour} [{half}]", {}),
        ("[at|around|about] {before} [minutes] (to|before|till|til) {hour} [{half}]", {}),
        ("[at|around|about] [twelve] noon", {"at": 720}),
        ("[at|around|about] midday", {"at": 720}),
        ("[at|around|about] [twelve] midnight", {"at": 0}),
        ("[at] half past midnight", {"at": 30}),
    ),
    twelve_hours=True,
    noon="noon",
    midnight="midnight",
)  # fmt: skip

MONEY = Money(
    currencies={
        "USD": Currency("dollar", "dollars", "cent", "cents", "$", ("buck", "bucks")),
        "EUR": Currency("euro", "euros", "cent", "cents", "€"),
        "GBP": Currency("pound", "pounds", "penny", "pence", "£", ("quid",)),
        "CAD": Currency("dollar", "dollars", "cent", "cents", "$", ("bucks",)),
        "AUD": Currency("dollar", "dollars", "cent", "cents", "$", ("bucks",)),
        "NZD": Currency("dollar", "dollars", "cent", "cents", "$", ("bucks",)),
        "CHF": Currency("franc", "francs", "centime", "centimes"),
        "MXN": Currency("peso", "pesos", "centavo", "centavos"),
        "INR": Currency("rupee", "rupees", "paisa", "paise"),
    },
    rows=(
        ("{amount} [{unit}]", {}),
        ("{amount} {unit} [and] {cents} [{cent}]", {}),
        ("a {unit} [[and] {cents} [{cent}]]", {"amount": 100}),
        ("{cents} {cent}", {}),
        ("{amount} {unit} and a half", {"cents": 50}),
        ("{colloquial} {unit}", {}),
        ("{amount} {minor} [{unit}]", {}),
        ("{colloquial}", {}),
        ("{amount} (grand|k) [{unit}]", {"times": 1000}),
        ("a grand", {"amount": 100_000}),
    ),
    joiner="and",
)

LETTERS = Letters(
    names={letter: letter.upper() for letter in "abcdefghijklmnopqrstuvwxyz"} | {"zed": "Z", "oh": "O"},
    spellings={
        "zee": "Z", "bee": "B", "see": "C", "sea": "C", "dee": "D", "ef": "F", "gee": "G", "aitch": "H",
        "haitch": "H", "jay": "J", "kay": "K", "ell": "L", "em": "M", "en": "N", "pea": "P", "pee": "P",
        "cue": "Q", "queue": "Q", "are": "R", "ess": "S", "tea": "T", "tee": "T", "you": "U", "vee": "V",
        "double u": "W", "double you": "W", "ex": "X", "why": "Y", "eye": "I", "alfa": "A", "juliett": "J",
    },
    alphabet={
        "alpha": "A", "bravo": "B", "charlie": "C", "delta": "D", "echo": "E", "foxtrot": "F",
        "golf": "G", "hotel": "H", "india": "I", "juliet": "J", "kilo": "K", "lima": "L",
        "mike": "M", "november": "N", "oscar": "O", "papa": "P", "quebec": "Q", "romeo": "R", "sierra": "S",
        "tango": "T", "uniform": "U", "victor": "V", "whiskey": "W", "whisky": "W", "x ray": "X",
        "yankee": "Y", "zulu": "Z",
    },
    as_in=("as in", "for", "like", "as"),
    capitals=frozenset({"capital", "uppercase", "big", "letter", "lowercase", "small"}),
    zero=frozenset({"oh", "o"}),
)  # fmt: skip
