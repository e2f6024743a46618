"""Languages people in England are asked about: ISO 639 codes with English names."""

_TABLE = """
en English
sq Albanian
am Amharic
ar Arabic
hy Armenian
az Azerbaijani
bn Bengali (with Sylheti)
bs Bosnian
bg Bulgarian
my Burmese
yue Cantonese
ca Catalan
ckb Kurdish (Sorani)
kmr Kurdish (Kurmanji)
hr Croatian
cs Czech
da Danish
prs Dari
nl Dutch
et Estonian
fi Finnish
fr French
ka Georgian
de German
el Greek
gu Gujarati
ht Haitian Creole
ha Hausa
he Hebrew
hi Hindi
hu Hungarian
ig Igbo
id Indonesian
ga Irish
it Italian
ja Japanese
kn Kannada
km Khmer
rw Kinyarwanda
ko Korean
kri Krio
lo Lao
lv Latvian
ln Lingala
lt Lithuanian
lg Luganda
mk Macedonian
ms Malay
ml Malayalam
cmn Mandarin
mr Marathi
mn Mongolian
nd Ndebele
ne Nepali
no Norwegian
om Oromo
ps Pashto
fa Persian (Farsi)
pcm Nigerian Pidgin
pl Polish
pt Portuguese
pa Punjabi
ro Romanian
rom Romani
ru Russian
sr Serbian
sn Shona
sd Sindhi
si Sinhala
sk Slovak
sl Slovenian
so Somali
es Spanish
sw Swahili
sv Swedish
tl Tagalog (Filipino)
ta Tamil
te Telugu
tet Tetum
th Thai
ti Tigrinya
tr Turkish
tk Turkmen
tw Twi
uk Ukrainian
ur Urdu
ug Uyghur
uz Uzbek
vi Vietnamese
cy Welsh
wo Wolof
xh Xhosa
yi Yiddish
yo Yoruba
zu Zulu
bfi British Sign Language
ase American Sign Language
und Another language
"""

NAMES: dict[str, str] = {}
for _row in _TABLE.strip().splitlines():
    _code, _, _name = _row.partition(" ")
    NAMES[_code] = _name

_BY_NAME = {name.casefold(): code for code, name in NAMES.items()} | {
    "farsi": "fa",
    "persian": "fa",
    "bengali": "bn",
    "sylheti": "bn",
    "kurdish": "ckb",
    "sorani": "ckb",
    "kurmanji": "kmr",
    "tagalog": "tl",
    "filipino": "tl",
    "bsl": "bfi",
    "chinese": "cmn",
    "zh": "cmn",
    "zho": "cmn",
    "panjabi": "pa",
    "eng": "en",
}


def code_of(value: str) -> str | None:
    """The code of a language given as its code or its English name, or None."""
    word = value.strip().casefold()
    return word if word in NAMES else _BY_NAME.get(word)


def name(code: str) -> str:
    """The English name of a code."""
    return NAMES.get(code, code)


def choices() -> list[tuple[str, str]]:
    """(code, name), English first, the rest by name, "another" last."""
    middle = sorted(
        ((code, label) for code, label in NAMES.items() if code not in ("en", "und")),
        key=lambda pair: pair[1].casefold(),
    )
    return [("en", NAMES["en"]), *middle, ("und", NAMES["und"])]
