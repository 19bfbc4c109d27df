"""Spanish answers, universal requests, corrections, and the lines that a plan need not write."""

from softswitch.dialplan.languages.parts import Talk, Waits

_CLAUSES = (
    "y pero así porque si cuando entonces o aunque mientras quién qué dónde cuándo cómo yo usted ella él "
    "puedo puede podría quiero quisiera"
)
_FUNCTION_WORDS = (
    "a al algo ante así ay bueno cómo como con cuál cuando cuándo de del dónde e el ella ellos en "
    "entonces era "
    "es esa ese eso esta estaba este esto estoy favor fue gracias ha había hay he hola la las le lo los "
    "me mi "
    "mis muy necesito o oiga para pero podría por puede puedo pues que qué querer quería quiero quisiera "
    "saber "
    "se ser si su sus te tengo tiene tu un una unas uno unos usted y ya yo"
)

TALK = Talk(
    yes=(
        "[ah|eh|pues|bueno] "
        "(sí|claro|vale|bueno|correcto|exacto|exactamente|eso|perfecto|bien|dale|ok|okay|"
        "afirmativo|efectivamente|seguro|adelante|cierto|ándale|listo) [por "
        "favor|gracias|señor|señora|señorita]",
        "claro que sí",
        "por supuesto [que sí]",
        "desde luego [que sí]",
        "está bien",
        "de acuerdo",
        "así es",
        "eso es [correcto]",
        "es correcto",
        "es así",
        "muy bien",
        "cómo no",
        "creo que sí",
        "me parece bien",
        "sí (claro|correcto|eso es|así es|está bien|es correcto|señor)",
        "ya lo creo",
        "sin problema",
        "(lo|la) quiero",
        "por favor",
        "hágalo",
        "sin duda",
        "es verdad",
    ),
    no=(
        "[ah|eh|pues|bueno] (no|nunca|jamás|nada|negativo|tampoco) [gracias|por favor|señor|señora|señorita]",
        "claro que no",
        "por supuesto que no",
        "desde luego que no",
        "para nada",
        "de ninguna manera",
        "en absoluto",
        "no (es|está bien|es así|es correcto|quiero|creo|lo creo|es eso|estoy de acuerdo)",
        "creo que no",
        "todavía no",
        "aún no",
        "ahora no",
        "no por ahora",
        "mejor no",
        "(incorrecto|falso)",
        "está mal",
        "eso no [es]",
        "no no es",
        "ni hablar",
        "nada de eso",
        "no hace falta",
    ),
    yes_no=("sí", "no"),
    intents={
        "help": (
            "ayuda [por favor]",
            "[me] (puede|podría) (ayudar|ayudarme)",
            "necesito ayuda",
            "ayúdeme [por favor]",
            "qué (puedo|debo) (decir|hacer)",
            "cuáles son mis opciones",
            "cómo funciona [esto]",
            "no sé qué decir",
        ),
        "repeat": (
            "[puede|podría|me lo puede] (repetir|repetirlo|repita|repítalo|repetirme) [eso] [por favor]",
            "otra vez [por favor]",
            "cómo [dijo|dice]",
            "qué (dijo|ha dicho)",
            "no (he|lo|le|la) (oí|oído|entendí|entendido|escuché|escuchado) [bien]",
            "de nuevo [por favor]",
            "perdón",
            "perdone",
            "disculpe",
            "dígalo otra vez",
            "mande",
            "una vez más [por favor]",
        ),
        "slower": (
            "[puede|podría] (hablar|hable) más (despacio|lento) [por favor]",
            "más (despacio|lento) [por favor]",
            "[habla|va|es] (muy|demasiado) (rápido|deprisa)",
            "no tan rápido",
        ),
        "faster": (
            "[puede|podría] (hablar|hable) más (rápido|deprisa) [por favor]",
            "más (rápido|deprisa) [por favor]",
            "[habla|va] (muy|demasiado) (lento|despacio)",
        ),
        "go_back": (
            "(volver|vuelva|regresar|regrese|ir|vaya) [hacia] atrás [por favor]",
            "[hacia] atrás",
            "[la] (pregunta|opción) anterior",
            "(volver|vuelva|regresar|regrese) [a lo anterior|al paso anterior]",
        ),
        "start_over": (
            "(empezar|empecemos|comenzar|comencemos|empiece|volver a empezar) (de nuevo|otra vez|desde el "
            "principio)",
            "volver a empezar",
            "[volver] (al principio|al inicio|al menú principal)",
            "menú principal",
            "desde el principio",
        ),
        "human": (
            "[quiero|quisiera|quería|necesito|puedo|podría|déjeme] hablar con (una persona|alguien|un "
            "agente|un operador|"
            "una operadora|un humano|un representante|un asesor|una asesora) [real] [por favor]",
            "[un|una] (agente|operador|operadora|representante|persona|humano|asesor|asesora) [real] [por "
            "favor]",
            "(páseme|comuníqueme|conécteme|póngame) con (una persona|alguien|un agente|un operador|una "
            "operadora) [por favor]",
            "atención al cliente [por favor]",
        ),
        "goodbye": (
            "[gracias|bueno|vale] (adiós|hasta luego|chao|chau|hasta pronto|hasta mañana|nos vemos)",
            "eso es todo [gracias]",
            "(eso|nada) (sería todo|más) [gracias]",
            "ya está [gracias]",
            "colgar",
            "cuelgue",
            "que tenga [un] buen día",
        ),
    },
    corrections=(
        "no [perdón] [he dicho|dije] {value}",
        "(dije|he dicho) {value}",
        "[no] no {other} sino {value}",
        "no {other} [perdón] {value}",
        "(quise|quería) decir {value}",
        "[no] (es|era|son|que sea|ponga|mejor) {value}",
        "[no] (cambie|cambia|cambiar) [el|la] {name} (a|por) {value}",
        "[no] (el|la) {name} es {value}",
        "(perdón|en realidad|bueno|digo|mejor dicho|corrijo) {value}",
        "{value} no {other}",
        "está mal es {value}",
    ),
    lines={
        "confirm": "He entendido {value}. ¿Es correcto?",
        "invalid": "Lo siento, {value} no es posible aquí.",
        "corrected": "De acuerdo, {value}.",
        "what_instead": "Perdón. ¿Cuál es la respuesta correcta?",
        "no_input": "Perdone, no he oído nada.",
        "no_match": "Perdone, no le he entendido.",
        "low_confidence": "No estoy seguro de haberle oído bien.",
        "use_keys": "También puede usar las teclas de su teléfono.",
        "help": "Puedo ayudarle con su consulta. También puede pedir hablar con una persona en cualquier "
        "momento.",
        "again": "De acuerdo, una vez más.",
        "slower": "De acuerdo, hablaré más despacio.",
        "faster": "De acuerdo, hablaré más rápido.",
        "nothing_before": "No hay nada a lo que volver.",
        "start_over": "De acuerdo, empecemos de nuevo.",
        "human": "Le paso con una persona. Un momento, por favor.",
        "no_human": "Lo siento, ahora nadie puede atender su llamada. Por favor, llame más tarde.",
        "transfer_failed": "Lo siento, no he podido localizar a nadie.",
        "resumed": "Perdone la interrupción. Sigamos.",
        "wait": "Un momento, por favor.",
        "trouble": "Lo siento, ha habido un problema por nuestra parte.",
        "goodbye": "Gracias por llamar. Adiós.",
        "position": "Es el número {position} en la cola. Tardará {expected_wait}.",
        "still_waiting": "Siga a la espera, por favor. Le atenderán lo antes posible.",
    },
    waits=Waits(
        soon="menos de un minuto",
        minute="más o menos un minuto",
        minutes="unos {minutes} minutos",
        half_hour="una media hora",
        hour="más o menos una hora",
        longer="más de una hora",
    ),
    function_words=frozenset(_FUNCTION_WORDS.split()),
    negations=frozenset(["no", "nunca", "nada", "jamás", "tampoco", "ni", "ninguno", "sin"]),
    clauses=frozenset(_CLAUSES.split()),
)
