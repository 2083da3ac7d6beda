"""The words for each concept, language by language; small letters, without accents, alternatives parted by |.

Phrases are several words. Words of the language's own compounds (Gesamtfehler) name several concepts, joined by +.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sheetprop.submission.find.vocabulary.concepts import Concept


@dataclass(frozen=True)
class Language:
    """A language's course words: per concept, or concepts joined by +, the words that say it."""

    name: str
    words: Mapping[str, str]


SYMBOLS = Language(
    "symbols",
    {
        "TARGET": "t",
        "Y": "y",
        "INPUT": "i|x|in|inp",
        "WEIGHT": "w|wt|wgt",
        "HIDDEN": "h|hid",
        "OUTPUT": "o",
        "OUT": "out",
        "PREDICTED": "yhat|ypred|pred",
        "NET": "z|s|net",
        "ACTIVATED": "a|ac|act|sig|sigma|sigmoid|f|phi",
        "ERROR": "e|err|mse|sse|j",
        "LOSS_LETTER": "l|c",
        "TOTAL": "tot|tota",
        "DERIVATIVE": "d|partial",
        "GRADIENT": "g|grad",
        "RATE": "η|ɳ|ƞ|ŋ|lr|l r|eta|lrate|ler",
        "ITERATION": "iter|k|#|no|nr|sno|s no|sr no",
        "FILLER": "st|nd|th",
        "HELPER": "v|m|u|q|p|r|b|velocity|momentum|vel|mom|vhat|mhat|cache|lambda",
    },
)
ENGLISH = Language(
    "English",
    {
        "TARGET": "target|targets|desired|expected|ytrue|y true|label|ground truth|actual y|true y|true value",
        "INPUT": "input|inputs|feature",
        "WEIGHT": "weight|weights",
        "HIDDEN": "hidden",
        "OUT": "output value",
        "OUTPUT": "output|outputs",
        "NETWORK": "network|final|model|neural network",
        "ACTUAL": "actual|observed|real|true|measured",
        "PREDICTED": "predicted|prediction|y hat|y pred|y predicted",
        "NET": "net input|net sum|net value|sum|weighted sum|weightedsum|weighted input|pre activation|preactivation|"
        "linear|linear output|logit|netinput|total input|total net input",
        "ACTIVATED": "activation|activated|act of|sigmoid of|activation value|after sigmoid|after activation|"
        "post activation|postactivation",
        "ERROR": "error|errors|loss|cost|squared error|half squared error|mean squared error|square error|deviation|"
        "sum of squared errors|squared loss|error function|cost function|loss function",
        "TOTAL": "total|overall|combined|whole",
        "GRADIENT": "gradient|gradients|derivative|slope|partial derivative|gradient of|derivative of",
        "CHANGE": "change|delta|update|correction|adjustment",
        "NEW": "new|updated|next|after update|after",
        "OLD": "old|current|previous|before update|before",
        "RATE": "learning rate|learningrate|rate|learn rate|learnrate|step length|step size|stepsize|learning step",
        "ITERATION": "iteration|iterations|epoch|epochs|step|steps|iteration no|iteration number|epoch no|"
        "epoch number|step no|step number|pass|round",
        "FIRST": "first|one",
        "SECOND": "second|two",
        "FILLER": "of|the|for|from|to|into|at|by|on|with|respect|wrt|w r t|in respect to|neuron|node|unit|layer|value|"
        "values|signal|number|level|function|sheet|cell|column",
        "HELPER": "check|difference|diff|product|ratio|bias|average|norm|accuracy|time|note|notes|remark|constant|"
        "improvement|percent|count|max|min|mean|temp|helper|numerator|denominator|sum check|power|exp|square|squared",
    },
)
GERMAN = Language(
    "German",
    {
        "TARGET": "ziel|zielwert|soll|sollwert|sollausgabe|zielausgabe|gewunscht|erwartet",
        "INPUT": "eingabe|eingang|eingangswert|eingabewert",
        "WEIGHT": "gewicht|gewichte|gewichtung",
        "HIDDEN": "versteckt|versteckte|verstecktes|versteckter|verborgen|verborgenes|verdeckt",
        "OUTPUT": "ausgabe|ausgang|ausgabeneuron|ausgangsneuron",
        "PREDICTED": "ist|istwert|istausgabe|vorhersage|vorhergesagt|netzausgabe|netzausgang",
        "ACTUAL": "tatsachlich|beobachtet|gemessen",
        "NET": "netzeingabe|nettoeingabe|netzeingang|gewichtete summe|summe|netto|voraktivierung",
        "ACTIVATED": "aktivierung|aktiviert|aktivierungswert|aktivierungsfunktion|sigmoide",
        "ERROR": "fehler|verlust|kosten|quadratischer fehler|quadratfehler",
        "TOTAL": "gesamt|insgesamt|summiert",
        "ERROR+TOTAL": "gesamtfehler|fehlersumme|gesamtverlust|gesamtkosten|totaler fehler",
        "GRADIENT": "ableitung|steigung|partielle ableitung",
        "CHANGE": "anderung|aenderung|gewichtsanderung|gewichtsaenderung|anpassung",
        "NEW": "neu|neue|neues|neuer|aktualisiert|nachher",
        "OLD": "alt|alte|altes|alter|aktuell|vorher",
        "RATE": "lernrate|schrittweite|lernschrittweite|lernschritt",
        "ITERATION": "schritt|iterationsschritt|durchlauf|epoche|durchgang",
        "FIRST": "erste|erster|erstes",
        "SECOND": "zweite|zweiter|zweites",
        "FILLER": "der|die|das|des|von|vom|nach|fur|im|am|zu|neuronen|schicht|wert|einheit|knoten",
        "HELPER": "probe|differenz|hilfsspalte|kontrolle|bemerkung",
    },
)
FRENCH = Language(
    "French",
    {
        "TARGET": "cible|valeur cible|sortie attendue|sortie desiree|attendu|attendue|desire|desiree",
        "INPUT": "entree",
        "WEIGHT": "poids",
        "HIDDEN": "cache|cachee|caches|cachees",
        "OUTPUT": "sortie",
        "ACTUAL": "reel|reelle|observe|observee|mesure",
        "PREDICTED": "sortie du reseau|prediction|predit|predite|sortie predite|sortie obtenue|sortie reelle",
        "NET": "somme ponderee|entree nette|somme|net entree|preactivation",
        "ACTIVATED": "activation|activee|active",
        "ERROR": "erreur|perte|cout|erreur quadratique",
        "TOTAL": "totale|total|globale",
        "GRADIENT": "gradient|derivee|derivee partielle|pente",
        "CHANGE": "variation|mise a jour|correction",
        "NEW": "nouveau|nouvelle|nouveaux",
        "OLD": "ancien|ancienne",
        "RATE": "taux d apprentissage|taux|pas d apprentissage|vitesse d apprentissage",
        "ITERATION": "etape|pas|epoque|iteration",
        "FIRST": "premier|premiere",
        "SECOND": "deuxieme|seconde",
        "FILLER": "de|du|des|la|le|les|d|l|neurone|couche|valeur|noeud|par rapport a|par rapport au|par|au",
        "HELPER": "verification|ecart|remarque",
    },
)
SPANISH = Language(
    "Spanish",
    {
        "TARGET": "objetivo|valor objetivo|salida deseada|salida esperada|esperado|deseado|meta",
        "INPUT": "entrada",
        "WEIGHT": "peso|pesos",
        "HIDDEN": "oculta|oculto|ocultas|escondida",
        "OUTPUT": "salida",
        "PREDICTED": "salida de la red|prediccion|salida obtenida|salida real",
        "NET": "suma ponderada|entrada neta|suma|neta",
        "ACTIVATED": "activacion|activada|activado",
        "ERROR": "error|perdida|coste|costo|error cuadratico",
        "TOTAL": "total",
        "GRADIENT": "gradiente|derivada|derivada parcial|pendiente",
        "CHANGE": "cambio|actualizacion|variacion",
        "NEW": "nuevo|nueva|actualizado",
        "OLD": "viejo|anterior|antiguo|actual",
        "RATE": "tasa de aprendizaje|tasa|factor de aprendizaje|ritmo de aprendizaje|velocidad de aprendizaje",
        "ITERATION": "iteracion|paso|epoca",
        "FIRST": "primera|primer|primero",
        "SECOND": "segunda|segundo",
        "FILLER": "de|del|la|el|las|los|neurona|capa|valor|nodo|respecto|con|en",
        "HELPER": "comprobacion|diferencia|nota",
    },
)
PORTUGUESE = Language(
    "Portuguese",
    {
        "TARGET": "objetivo|alvo|valor alvo|saida desejada|saida esperada|esperado|desejado",
        "INPUT": "entrada",
        "WEIGHT": "peso|pesos",
        "HIDDEN": "oculta|oculto|escondida|escondido",
        "OUTPUT": "saida",
        "PREDICTED": "saida da rede|previsao|saida obtida|predicao",
        "NET": "soma ponderada|entrada liquida|soma|liquida",
        "ACTIVATED": "ativacao|ativada|ativado|activacao",
        "ERROR": "erro|perda|custo|erro quadratico",
        "TOTAL": "total",
        "GRADIENT": "gradiente|derivada|derivada parcial|inclinacao",
        "CHANGE": "mudanca|atualizacao|variacao",
        "NEW": "novo|nova|atualizado",
        "OLD": "antigo|anterior|atual|velho",
        "RATE": "taxa de aprendizagem|taxa de aprendizado|taxa",
        "ITERATION": "iteracao|passo|epoca|etapa",
        "FIRST": "primeira|primeiro",
        "SECOND": "segunda|segundo",
        "FILLER": "de|do|da|a|o|neuronio|camada|valor|no|em|relacao",
        "HELPER": "verificacao|diferenca|nota",
    },
)
ITALIAN = Language(
    "Italian",
    {
        "TARGET": "bersaglio|obiettivo|valore atteso|uscita desiderata|uscita attesa|atteso|desiderato",
        "INPUT": "ingresso|ingressi",
        "WEIGHT": "peso|pesi",
        "HIDDEN": "nascosto|nascosta|nascosti",
        "OUTPUT": "uscita|uscite",
        "PREDICTED": "uscita della rete|previsione|predizione|uscita ottenuta",
        "NET": "somma pesata|ingresso netto|somma|netto|netta|somma ponderata",
        "ACTIVATED": "attivazione|attivato|attivata",
        "ERROR": "errore|perdita|costo|errore quadratico",
        "TOTAL": "totale|complessivo",
        "GRADIENT": "gradiente|derivata|derivata parziale|pendenza",
        "CHANGE": "variazione|aggiornamento|modifica",
        "NEW": "nuovo|nuova|aggiornato",
        "OLD": "vecchio|precedente|attuale",
        "RATE": "tasso di apprendimento|tasso|passo di apprendimento|velocita di apprendimento",
        "ITERATION": "iterazione|passo|epoca",
        "FIRST": "primo|prima",
        "SECOND": "secondo|seconda",
        "FILLER": "di|del|della|dello|il|la|lo|neurone|strato|valore|nodo|rispetto|a",
        "HELPER": "verifica|differenza|nota",
    },
)
HINDI = Language(
    "Hindi-English",
    {
        "TARGET": "laksh|lakshya|chahiye|lakshit",
        "INPUT": "nivesh|aagat|agat",
        "WEIGHT": "wazan|vajan|vazan|bhaar|bhar",
        "HIDDEN": "chhupa|chupa|chhipa|gupt|chhupi|chhupa hua",
        "OUTPUT": "nirgat|parinaam|parinam|nirgam",
        "PREDICTED": "anumaan|anuman",
        "NET": "jod|yog|kul jod|bharit yog",
        "ACTIVATED": "sakriya|sakriyan|sakriyata",
        "ERROR": "galti|truti|nuksan|nuksaan|hani",
        "TOTAL": "kul|poora|pura",
        "GRADIENT": "dhaal|dhal|avkalaj|avkalan",
        "CHANGE": "badlav|parivartan",
        "NEW": "naya|naye|nayi|badla hua",
        "OLD": "purana|purane|purani",
        "RATE": "seekhne ki dar|sikhne ki dar|seekhne ki gati|sikhne ki gati|dar",
        "ITERATION": "kadam|charan|baar|daur|punravritti",
        "FIRST": "pehla|pahla|pehli",
        "SECOND": "doosra|dusra|doosri",
        "FILLER": "ka|ki|ke|ko|wala|wali|par|se|mein|maan",
        "HELPER": "jaanch|antar",
    },
)
LANGUAGES = (SYMBOLS, ENGLISH, GERMAN, FRENCH, SPANISH, PORTUGUESE, ITALIAN, HINDI)
"""In order of precedence: of a word in several languages, the first one's meaning counts."""


def _dictionary() -> dict[str, tuple[Concept, ...]]:
    words: dict[str, tuple[Concept, ...]] = {}
    for language in LANGUAGES:
        for names, forms in language.words.items():
            concepts = tuple(Concept[name] for name in names.split("+"))
            for form in forms.split("|"):
                words.setdefault(form, concepts)
    return words


WORDS = _dictionary()
"""Every word and phrase, and the concepts it names."""
LONGEST_PHRASE = max(word.count(" ") + 1 for word in WORDS)
RATE_WORDS = tuple(
    word.replace(" ", "") for word, (concept, *_) in WORDS.items() if concept is Concept.RATE and len(word) >= 8
)
"""Words so plainly of the learning rate that a text which holds one anywhere names it."""
RATE_LETTERS = frozenset(["n", "h", "η", "ɳ", "α", "ε", "λ", "eta", "alpha", "theta", "lr", "learning"])
"""Letters that are the learning rate where the heading has nothing else; h is η in the Symbol font."""
