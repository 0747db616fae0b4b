"""What is put aside from every text, whatever its language: patterns, in the order they are tried.

Every repetition that can fail late has a bound: no text may take more than linear time.
"""

import re

MARKS = "\U000f0000-\U000ffffd"  # Supplementary Private Use Area-A: see `spans`
EMOJI = (
    "(?:[\U0001f1e6-\U0001f1ff]{2}|(?!(?<= )[→⟶⇒➜➔▸►] )"  # which part cells
    "[\u2190-\u21ff\u2300-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]"
    "[\ufe0e\ufe0f]?[\U0001f3fb-\U0001f3ff]?(?:\u200d[\u2600-\u27bf\U0001f300-\U0001faff]\ufe0f?)*)"
)
_IN_LINK = f"[^\\s<>\"'`|{MARKS}]"
_LINK_END = f"(?![.,;:!?)\\]}}*_~]){_IN_LINK}"
# Spaces part thousands alone: in "$1.00 110°C" there are two numbers.
_AMOUNT = (
    r"\d{1,3}(?:[ '\u00a0\u202f]\d{3}){1,6}(?:[.,]\d{1,2})?(?!\d|\s?°)"
    r"|\d{1,20}(?:[.,']\d{1,20}){0,8}"
)
_CODES = (
    "EUR|USD|GBP|CHF|JPY|CAD|AUD|PLN|SEK|NOK|DKK|CZK|HUF|RON|BRL|MXN|CNY|INR|TRY|NZD|HKD|SGD|ZAR"
)
_SIGN = r"(?:(?<![A-Za-z])(?:US|CA|AU|NZ|HK|MX|R|A|C|S)?\$|[€£¥₹₽₺₩₪₫฿₴₦₱₲])"
_BEFORE = rf"(?:{_SIGN}|\b(?:{_CODES})\b)"
_AFTER = (  # "5 ${name}" ends in a variable
    rf"(?:(?:(?:US|CA|AU|NZ|R|A|C)?\$)(?![{{\w])|[€£¥₹₽₺₩₪₫฿₴₦₱₲]|(?:{_CODES}|zł|Kč|kr|lei|лв|Ft)\b"
    r"|[pct¢](?!\w|\.\w)(?<![ \u00a0\u202f][pct]))"
)
PRICE = (
    rf"{_BEFORE}\s?(?:{_AMOUNT})(?:,[-–—]|(?:[kKmM]|bn)\b)?"
    rf"|(?:{_AMOUNT})(?:,[-–—])?\s?{_AFTER}(?!\d)"
)
VARIABLES = (
    r"\{%[^%{}\n]{0,200}%\}|<%[^%<>\n]{0,200}%>|<\?[^?<>\n]{0,200}\?>",
    r"\{\{\{?[^{}\n]{1,200}\}\}\}?",
    r"[$#%@]?\{[\w.:,\-$@#|'\"()=/!?+* ]{0,80}\}",
    r"%\(\w{1,40}\)[sdif]|%\d{0,2}\$?[sdif@]\b|%[A-Za-z_][\w.\-]{0,40}%",
    r"\[\[[\w.:\-]{1,40}\]\]|\*\|[\w:.\-]{1,40}\|\*|##[\w.\-]{1,40}##|__[A-Za-z]\w{0,40}?__",
    # A bracketed name or tag (`[store]`, `[/b]`), which is no link's text.
    r"\[/?[a-z][\w\-]{0,40}(?:[ =][^\[\]\n]{0,100})?\](?=[^\s(]|\s|$)(?<![ ]\])",
    r"(?<![\w:&/]):[a-z]\w{1,40}\b(?!:)|(?<![\w$])\$[A-Za-z_]\w{0,40}|(?<![\w.])@[A-Za-z_]\w{1,40}",
    r"(?<!\w)![a-z]\w{1,40}|\b[A-Za-z0-9]{1,40}(?:_[A-Za-z0-9]{1,40}){1,8}\b(?:/\w{1,20})?",
)
_TLD = (
    "com|org|net|info|biz|shop|store|online|app|dev|io|eu|de|at|ch|fr|be|es|uk|us|ca|it|nl|pl|pt"
    "|br|mx|example|test"
)
LINKS = (
    rf"(?:https?://|\bwww\.|\bmailto:){_IN_LINK}*{_LINK_END}",
    r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+",
    (
        rf"(?<![\w@.-])(?:[A-Za-z0-9][\w-]{{0,60}}\.){{1,4}}(?:{_TLD})\b(?:/{_IN_LINK}*{_LINK_END}|/)?"
        r"(?!\.?\w)"
    ),
    r"\b[\w-]{1,60}\.(?:pdf|zip|jpe?g|png|gif|svg|csv|xlsx?|docx?|pptx?|html?|json|xml|mp[34]|apk)\b",
)
_NO_MEASURE = r"(?!\w|\s?[°%]|\s?[x×]\s?\d)"  # whose figure stands behind a number
PHONES = (
    r"(?<![\w+])(?:\+|00)\d{1,3}[ ()./\-\u00a0]{0,2}(?:\d[\d ()./\-\u00a0]{4,18})\d" + _NO_MEASURE,
    r"(?<!\w)\(\+?0?\d{1,5}\)[ /\-\u00a0]{0,2}\d[\d /\-\u00a0]{3,16}\d" + _NO_MEASURE,
    r"(?<![\w.,])0\d{1,5}[ /\-]\d{2,}(?:[ /\-]?\d{2,}){0,5}(?![\w.,]\d)",
    r"(?<![\w.,])\d{3}[-. ]\d{3}[-. ]\d{4}(?!\w)",
)
_UNIT = (
    r"(?:mm|cm|dm|km|m|µm|mg|kg|g|t|ml|cl|dl|l|L|°C|°F|K|W|kW|kWh|Wh|V|A|mA|mAh|Ah|Hz|kHz|MHz|GHz"
    r"|MB|GB|TB|MP|px|dpi|lm|lx|dB|bar|Pa|kPa|hPa|kcal|kJ|in|ft|oz|lb|lbs|den|fps|rpm|mph|km/h)"
)
NUMBER = r"\d{1,20}(?:[.,]\d{1,20}){0,8}"
CLOTHES_SIZE = r"(?:[2-6]?X{1,4}[SL]|XX?S|[SML])"
SIZES = (
    rf"\b{NUMBER}(?:\s?{_UNIT})?(?:\s?[x×*]\s?{NUMBER}(?:\s?{_UNIT}\b)?){{1,3}}(?:[\"″']|\b)",
    rf"(?<![~<>])(?:[±~≈≤≥<>]|\+/-)\s?{NUMBER}(?:\s?(?:%(?![{{(\w])|{_UNIT}\b[²³]?))?",
    rf"(?:(?<![\w.,)\]%°])[-−+])?\b{NUMBER}\s?(?:°\s?[CF]?\b|°|[\"″“”](?![\w])|(?:[mk]?g/)?[mcdk]?m[²³]|‰|µ[mg]\b|Ω)",
    r"\b\d{1,3}\s?[–—]\s?\d{1,3}(?!\d)(?:\s?%)?(?!\s?(?:Uhr|h|[ap]\.?m)\b)(?![\d.,:]\d)|\b\d{1,3}/\d{1,3}\b(?![/\-]\w)|§\s?\d+\w?",
    r"\b(?:2[4-9]|[3-9]\d|[1-9]\d\d)\s?h\b",  # no time of day
    r"(?:\b\d+\s?)?[½¼¾⅓⅔⅛⅜⅝⅞](?:\s?[\"″])?",
)
CODES = (
    r"#[\w-]{0,40}\d[\w-]*",
    r"\b\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b(?![./-]\d)",
    r"\b[A-Z]{1,5}&[A-Z]{1,5}\b",
    r"\b[vV]?\d+(?:\.\d+){2,4}(?:-\w+)?\b",  # versions, and numbers of articles
    # Letters with digits, in any case, perhaps in parts: but neither a measure nor an ordinal.
    (
        r"(?<![\w/.-])(?=[\w/.\-]{0,40}\d)(?=[\w/.\-]{0,40}[A-Za-z])"
        r"(?!\d+(?:[.,]\d+)?(?:[-–]?[a-zäöüß]{1,20}|[A-Z]{1,2}|[KMG]B|kW?h?|°?[CF])(?![\w/.\-]*\d)"
        r"(?:[-/][a-zäöüß]+)*(?![\w/.-]*[A-Z]))(?!\d{1,2}[hH]\d{0,2}\b)(?!\d{1,2}[:.]?\d{0,2}[ap]m\b)"
        r"[A-Za-z0-9]+(?:[-_./][A-Za-z0-9]+)*(?![\w-])"
    ),
    r"(?<![\w/.,-])\d+(?:[/-]\d+)*/\d+-\d+(?:[/-]\d+)*(?![\w/-])|\b\d+-\d+/\d+\b",
    r"\b(?!(?:19|20)\d\d(?!\d|-\d))\d{4,}(?:-\d+)*\b",
)
CODE_SPAN = r"```[^`]*```|`[^`\n]{1,200}`"
# A word with capitals inside of it, or with a registered sign, is a name.
NAMES = (
    r"\b[^\W\d_]{1,40}\s?[™®©℠]",
    # "iOS 17.2" is a version of it, not a measure.
    (
        r"\b(?!MwSt\b|USt\b)"
        r"(?:[a-z]{1,3}[A-Z][a-z]+|[A-Z][a-z]+[A-Z][A-Za-z]*|[a-z]{1,5}[A-Z]{2,4})\b"
        r"(?:\s\d{1,4}(?:\.\d{1,4}){1,3}\b(?![.,:]?\d)"
        r"|(?:\s\d{1,4}\w?)?(?:\s(?:Pro|Max|Plus|Mini|Ultra|Air|Lite|SE)\b){1,4})?"
    ),
    (
        r"\b(?:Android|Bluetooth|DisplayPort|Firmware|HDMI|Linux|NFC|PCIe|USB|USB-C|Ubuntu|Windows)"
        r"\s\d{1,4}\.\d{1,4}\b(?![.,:]?\d)"
    ),
    r"[™®©℠†‡¶]",
)
MESSAGE_HEAD = re.compile(  # of an ICU message
    r"\{\s*[\w.]{1,60}\s*,\s*(?:plural|select|selectordinal)\s*,"
)
PROTECTED = re.compile(
    "|".join(
        (
            CODE_SPAN,
            rf"(?P<emoji>{EMOJI})",
            *LINKS[:2],
            *VARIABLES,
            *LINKS[2:],
            *PHONES,
            PRICE,
            *SIZES,
            *CODES,
            *NAMES,
        )
    )
)
