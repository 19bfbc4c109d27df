"""Spanish, as callers of Spain and the Americas say it."""

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

_HUNDREDS = "doscient trescient cuatrocient quinient seiscient setecient ochocient novecient"

NUMBERS = Numbers(
    units=numbered("cero uno dos tres cuatro cinco seis siete ocho nueve", 0) | {"un": 1, "una": 1},
    teens=numbered(
        "diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve veinte veintiuno "
        "veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete veintiocho veintinueve",
        10,
    )
    | {"veintiún": 21, "veintiuna": 21},
    tens=numbered("treinta cuarenta cincuenta sesenta setenta ochenta noventa", 30, 10),
    hundreds={"cien": 100, "ciento": 100}
    | numbered(" ".join(f"{stem}os" for stem in _HUNDREDS.split()), 200, 100)
    | numbered(" ".join(f"{stem}as" for stem in _HUNDREDS.split()), 200, 100),
    scales={"mil": 1000, "millón": 1_000_000, "millones": 1_000_000},
    times={"doble": 2, "triple": 3},
    bare_scales=frozenset({"mil"}),
    tens_joiner="y",
    dozens={"docena": 12, "docenas": 12},
    phrases={
        "media docena": "6", "una docena": "12", "un par": "2", "un par de": "2", "medio": "0.5",
        "media": "0.5", "un cuarto": "0.25", "tres cuartos": "0.75", "ninguno": "0", "ninguna": "0",
    },
    fractions={"y medio": "0.5", "y media": "0.5", "y cuarto": "0.25", "y tres cuartos": "0.75"},
    point=frozenset({"coma", "punto"}),
    minus=frozenset({"menos"}),
    plus=frozenset({"más", "mas"}),
    fillers=frozenset({"eh", "este", "guion", "guión"}),
    decimal_comma=True,
)  # fmt: skip

CALENDAR = Calendar(
    weekdays=("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
    months=(
        "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
        "noviembre", "diciembre",
    ),
    ordinals={"primero": 1},
    suffixes={0: ""},
    rows=(
        ("[el|para el] {typed}", {}),
        ("[el|para el] {short}", {}),
        ("[el|para el] [{weekday}] [día] {day} de {month} [(de|del) [año] {year}]", {}),
        ("[el|para el] [{weekday}] {day} {month} [{year}]", {}),
        ("(el|para el) [día] {day}", {}),
        ("[el|para el] día {day}", {}),
        ("[el|para el] {weekday} [día] {day}", {}),
        ("[el|para el] [día] {day} (de|del) (este|presente) mes", {}),
        ("[para] hoy", {"days": 0}),
        ("esta (mañana|tarde|noche)", {"days": 0}),
        ("[para] mañana [por la (mañana|tarde|noche)]", {"days": 1}),
        ("[para] pasado mañana", {"days": 2}),
        ("ayer", {"days": -1}),
        ("(anteayer|antier|antes de ayer)", {"days": -2}),
        ("[el|este|para el] [próximo] {weekday}", {}),
        ("[el|para el] {weekday} (próximo|que viene)", {}),
        ("[el|para el] {weekday} de esta semana", {"week": 0}),
        ("[el|para el] {weekday} de la (próxima semana|semana próxima|semana que viene)", {"week": 1}),
        ("la (próxima semana|semana próxima|semana que viene) el {weekday}", {"week": 1}),
        ("el {weekday} pasado", {"past": 1}),
        ("el pasado {weekday}", {"past": 1}),
        ("[del|de] {weekday} en ocho [días]", {"weeks": 1}),
        ("[a] una semana (después|a partir) del {weekday}", {"weeks": 1}),
        ("(en|dentro de|de aquí a) {days} (día|días)", {}),
        ("(en|dentro de|de aquí a) {weeks} (semana|semanas)", {}),
        ("(en|dentro de|de aquí a) {months} (mes|meses)", {}),
    ),
    day_first=True,
    near="{weekday} {day} de {month}",
    far="{day} de {month} de {year}",
)  # fmt: skip

_AT = "[a|sobre|hacia] [la|las]"

CLOCK = Clock(
    halves={
        "a m": Half.MORNING, "am": Half.MORNING, "de la madrugada": Half.MORNING,
        "de la mañana": Half.FORENOON, "por la mañana": Half.FORENOON,
        "p m": Half.AFTERNOON, "pm": Half.AFTERNOON, "del mediodía": Half.AFTERNOON,
        "de la tarde": Half.AFTERNOON, "por la tarde": Half.AFTERNOON,
        "de la noche": Half.NIGHT, "por la noche": Half.NIGHT,
    },
    rows=(
        (f"{_AT} {{typed}} [{{half}}]", {}),
        (f"{_AT} {{typed24}} [{{half}}]", {"sure": 1}),
        (f"{_AT} {{hour}} [en punto] [{{half}}]", {}),
        (f"{_AT} {{hour}} {{minutes}} [{{half}}]", {}),
        (f"{_AT} {{hour}} y {{minute}} [minutos] [{{half}}]", {}),
        (f"{_AT} {{hour}} y media [{{half}}]", {"minute": 30}),
        (f"{_AT} {{hour}} y cuarto [{{half}}]", {"minute": 15}),
        (f"{_AT} {{hour}} menos cuarto [{{half}}]", {"minute": -15}),
        (f"{_AT} {{hour}} menos {{before}} [minutos] [{{half}}]", {}),
        ("[un|al] cuarto para (la|las) {hour} [{half}]", {"minute": -15}),
        ("{before} [minutos] para (la|las) {hour} [{half}]", {}),
        (f"{_AT} {{hour}} horas", {"sure": 1}),
        (f"{_AT} {{hour}} horas [y|con] {{minute}} [minutos]", {"sure": 1}),
        ("[al|a] mediodía", {"at": 720}),
        ("[a] [la] medianoche", {"at": 0}),
    ),
    twelve_hours=False,
    noon="mediodía",
    midnight="medianoche",
)  # fmt: skip

MONEY = Money(
    currencies={
        "EUR": Currency("euro", "euros", "céntimo", "céntimos"),
        "USD": Currency("dólar", "dólares", "centavo", "centavos"),
        "GBP": Currency("libra", "libras", "penique", "peniques"),
        "MXN": Currency("peso", "pesos", "centavo", "centavos"),
        "ARS": Currency("peso", "pesos", "centavo", "centavos"),
        "CLP": Currency("peso", "pesos", "centavo", "centavos"),
        "COP": Currency("peso", "pesos", "centavo", "centavos"),
        "PEN": Currency("sol", "soles", "céntimo", "céntimos"),
        "CHF": Currency("franco", "francos", "céntimo", "céntimos"),
    },
    rows=(
        ("{amount} [[de] {unit}]", {}),
        ("{amount} {unit} [y|con] {cents} [{cent}]", {}),
        ("{amount} con {cents} [{cent}]", {}),
        ("{cents} {cent}", {}),
        ("{amount} {minor} [{unit}]", {}),
        ("{amount} {unit} y medio", {"cents": 50}),
    ),
    joiner="con",
)

LETTERS = Letters(
    names={"a": "A", "e": "E", "i": "I", "o": "O", "u": "U"}
    | {
        "be": "B", "ce": "C", "de": "D", "efe": "F", "ge": "G", "hache": "H", "jota": "J", "ka": "K",
        "ele": "L", "eme": "M", "ene": "N", "eñe": "Ñ", "pe": "P", "cu": "Q", "ere": "R", "erre": "R",
        "ese": "S", "te": "T", "uve": "V", "ve": "V", "be larga": "B", "be alta": "B", "ve corta": "V",
        "ve baja": "V", "uve doble": "W", "doble uve": "W", "doble ve": "W", "doble u": "W",
        "equis": "X", "ye": "Y", "i griega": "Y", "zeta": "Z",
    },
    spellings={letter: letter.upper() for letter in "bcdfghjklmnñpqrstvwxyz"} | {"ceta": "Z"},
    alphabet={
        "alfa": "A", "bravo": "B", "charlie": "C", "delta": "D", "eco": "E", "foxtrot": "F", "golf": "G",
        "hotel": "H", "india": "I", "julieta": "J", "kilo": "K", "lima": "L", "mike": "M",
        "noviembre": "N", "ñandú": "Ñ", "óscar": "O", "papa": "P", "quebec": "Q", "romeo": "R",
        "sierra": "S", "tango": "T", "uniforme": "U", "víctor": "V", "whisky": "W", "yanqui": "Y",
        "zulú": "Z",
    },
    as_in=("como en", "como", "de"),
    capitals=frozenset({"mayúscula", "letra", "minúscula"}),
    zero=frozenset(),
)  # fmt: skip
