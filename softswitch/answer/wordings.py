"""Words and ways to ask of each language, for those who compare questions. Pure tables of patterns."""


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FILLING = {
    "en": words("a an any the um uh er please kindly just actually"),
    "es": words("un una el la los las eh por favor"),
}
"""Anywhere in a question they ask nothing."""
GREETING = {
    "en": words("hi hello hey good morning afternoon evening yes yeah ok okay so well right now thanks"),
    "es": words("hola buenos buenas días tardes noches pues bueno vale sí ahora gracias"),
}
"""At its beginning, where "now" is none of the question's: "are you open now" asks something else."""
THANKS = {
    "en": r"(?:\s+(?:you know|at all))?(?:\s+(?:thanks|thank you)(?: very much| so much)?)?$",
    "es": r"\s+(?:muchas )?gracias$",
}
OPENINGS: dict[str, tuple[str, ...]] = {
    "en": (
        r"(?:can|could|would|will) you (?:tell|say|explain|let)(?: to)? me(?: know)?(?: about)?",
        r"(?:can|could|would|will) you",
        r"i(?:'d| would)? (?:like|want|need|love|wish) to (?:know|ask|hear|find out)(?: about| you)?",
        r"(?:i (?:was|am|'m)|i'm) (?:just )?(?:wondering|asking|calling to (?:ask|know|find out))",
        r"i (?:just )?wanted to (?:ask|know)(?: about| you)?",
        r"(?:do|would) you (?:happen to )?know",
        r"(?:i have|i've got|i've) (?:a|one|another) question",
        r"(?:may|can|could) i (?:ask|know)",
        r"tell me(?: about)?",
        r"if",
    ),
    "es": (
        r"(?:me )?(?:puede|puedes|podría|podrías) (?:decir|decirme|explicar|explicarme)",
        r"(?:me gustaría|quisiera|quiero|querría|necesito) (?:saber|preguntar)",
        r"(?:sabe|sabes)(?: usted)?",
        r"tengo una pregunta",
        r"dígame|dime",
        r"si",
    ),
}
SHORT = {
    "en": [
        (r"\bcan't\b|\bcannot\b", "can not"),
        (r"\bwon't\b", "will not"),
        (r"n't\b", " not"),
        (r"(?<=what|here|when)'s\b|(?<=who|how)'s\b|(?<=it)'s\b|(?<=that)'s\b", " is"),
        (r"'m\b", " am"),
        (r"'re\b", " are"),
        (r"'ve\b", " have"),
        (r"'d\b", " would"),
        (r"'ll\b", " will"),
        (r"\b(hi|hello|hey) there\b", r"\1"),
    ]
}
"""What is said short, at length."""
ASKING = {
    "en": words(
        "can could would will you tell me know say i i'd i'm i've was am just wanted want like to ask"
        " wondering calling have question about if"
    ),
}
"""What openings are made of, for those of which the ear lost a word: "can tell me", "I was to ask"."""
ASKS = {
    "en": r"(?:do|does|did|can|could|would|will|is|are|have|has|what|when|where|who|why|how|which)"
    r" (?:you|i|we|they|he|she|it|there|is|are|do|does|did|much|many|long|often|far|soon|late|early|old)\b"
    r"(?: .*\w){2}",
}
"""How a whole question begins, at whose beginning an opening ends."""
SAME: dict[str, list[tuple[str, str]]] = {
    "en": [
        (r"\b(?:have|has) (i|you|we|they|he|she|it) got\b", r"do \1 have"),
        (r"\b(i|you|we|they) have got\b|\b(he|she|it) has got\b", r"\1\2 have"),
        (r"^do you have (.+) in$", r"do you have \1"),
        (
            r"^(?:how much (?:is|are)|what (?:is|are) the (?:price|cost)s? (?:of|for)"
            r"|(?:what|how much) do you charge for) (?=.)",
            "price ",
        ),
    ],
    "es": [
        (
            r"^(?:cuánto (?:cuesta|cuestan|vale|valen|es|son)|qué precio (?:tiene|tienen)"
            r"|cuál es el precio de|a cuánto (?:está|están)) (?=.)",
            "precio ",
        ),
    ],
}
"""Ways to ask the same thing, as one. What something costs by piece and by kind may differ."""
POINTING = {
    "en": r"\b(?:its|that|this|these|those|they|them|their|he|him|his|she|hers?|ones|other|else)\b"
    r"|(?<!just )(?<!does )(?<!buy )(?<!get )(?<!have )(?<!for )(?<!send )\bone\b|\bone(?= \w{1,3}\b|$)"
    r"|(?<!\bis )(?<!\bdoes )\bit\b|\bis it\b(?! (?:possible|true|okay|too late) (?:to|for|that|if)\b)"
    r"|\bdoes it\b(?! (?:cost|take) to\b)|\bsame\b(?! day\b)"
    r"|^(?:and|then|what about|how about|why|or)\b"
    r"|\b(?:too|also|either|instead|as well)$"
    r"|\b(?:cheaper|dearer|bigger|smaller|larger|nicer|less)\b(?!.* than\b)"
    r"|(?<!is )(?<!are )(?<!was )(?<!were )\bthere\b(?! (?:is|are|was|were)\b)",
    "es": r"\b(?:eso|esa|ese|esto|esta|este|estos|estas|esos|esas|ello|ellos|ellas|él|ella|lo|allí|allá|ahí|"
    r"mismo|misma|otro|otra)\b|^(?:y|entonces|qué tal|por qué|o)\b",
}
"""Points to what was said before: the same words ask something else in another call."""
AND = {"en": r"^(?:(?:and|then|or) )+", "es": r"^(?:(?:y|entonces|o) )+"}
"""Goes on from nothing, where nothing was said before."""
SENTENCE = {
    "en": r"\b(?:am|is|are|was|were|do|does|did|have|has|had|can|could|will|would|shall|should|may|might|"
    r"must|i|you|we)\b|^who \w+s\b|^what happens\b",
    "es": r"(?:\S+\s+){3}\S",
}
"""What a whole question has and a fragment has not: a helping verb, or a pronoun that acts; in languages that
need none, at least four words.
"""
ORDER = {
    "en": [
        (r"^(?:do|does) (i|you|we|he|she|it|they)\b(?! not)", r"\1"),
        (
            r"^(can|could|may|should|must|is|are|was|were|will|would|have|has|am)"
            r" (i|you|we|he|she|it|they|there)\b",
            r"\2 \1",
        ),
    ]
}
"""Asked outright, and asked within another question: "can I pay", "I'd like to know if I can pay"."""
APART = {
    "en": words(
        "today tonight tomorrow yesterday now later soon week weekend weekday month year morning afternoon"
        " evening night noon midday midnight lunchtime holiday christmas easter"
        " before after earlier early late first last next from until till since"
        " without except no not never none nothing neither nor only all every each half double dozen"
        " been already yet ago ever"
        " my mine we us our ours he him his she her hers they them their"
    ),
    "es": words(
        "hoy mañana ayer ahora luego pronto semana mes año tarde noche mediodía medianoche festivo navidad"
        " antes después temprano primero último próximo desde hasta"
        " sin no nunca nada ninguno solo todo cada medio media doble docena"
        " mi mis mío mía nosotros nos nuestro nuestra su sus"
    ),
}
"""Where one of them stands in only one of two questions, they ask different things."""
OPPOSITES = {
    "en": (
        "open=opening=opened=opens close=closed=closing=closes=shut",
        "buy sell rent",
        "send=deliver receive bring collect=pick return",
        "arrive leave come go",
        "begin=start end=finish=stop",
        "order cancel change book refund",
        "accept refuse allow forbid",
        "with without",
        "in out",
        "up down",
        "on off",
        "from to",
        "left right",
        "more=most less=least=fewer many few",
        "cheap=cheaper=cheapest dear=dearest=expensive",
        "big=bigger=biggest=large=larger=largest small=smaller=smallest",
        "long=longest short=shortest",
        "i me",
        "when where who why",
    ),
    "es": (
        "abrir=abre=abren=abierto=abierta cerrar=cierra=cierran=cerrado=cerrada",
        "comprar=compro=compran vender=vende=venden alquilar=alquila=alquilan",
        "enviar=envían=entregar=entregan recibir traer recoger devolver",
        "llegar salir venir ir",
        "empezar terminar",
        "pedir cancelar cambiar reservar",
        "con sin",
        "más=mucho menos=poco",
        "barato=barata caro=cara",
        "grande pequeño=pequeña",
        "largo corto",
        "yo me",
        "cuándo dónde quién",
    ),
}
"""Two questions that both say words of one line say the same of it, or ask different things."""
LISTED = {"en": "and|or", "es": "y|e|o|u"}
"""Before the last of several."""
OWN = {"en": r"\b(?:my|mine|our|ours)\b", "es": r"\b(?:mi|mis|mío|mía|míos|mías|nuestr[oa]s?)\b"}
"""Says that something is the caller's own."""
