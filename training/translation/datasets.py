"""Public sentence pairs by name: what the default models are trained on, with licences."""

import random
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from shared.models.spec import DataSource
from training.errors import DataError
from training.translation.pairs import Pair, read_pairs, read_tsv
from training.translation.shop_sentences import sentences

FOREIGN = ("de", "fr", "es")
PHRASES: tuple[str, ...] = (
    "shop_phrases_a.tsv",
    "shop_phrases_b.tsv",
    "shop_phrases_c.tsv",
    "shop_phrases_d.tsv",
)
PHRASES_REPEAT = 8
SENTENCES_REPEAT = 4


@dataclass(frozen=True)
class Source:
    """One collection of English-foreign pairs.

    Attributes:
        path: of its files under ``--data-dir``, without ``.en-XX.tsv.gz``.
        repeat: how many times each pair is in an epoch.
        cap: most pairs of each language, drawn at random.
        finish: the same as ``repeat`` for the last part of a training, which is on whole
            sentences as customers and shops write them; German and Spanish, which are learned
            more slowly, count twice where there are most.
    """

    path: str
    origin: str
    licence: str
    repeat: int = 1
    cap: int | None = None
    finish: Mapping[str, int] = field(default_factory=dict)


ONCE = {"de": 1, "fr": 1, "es": 1}
SOURCES = (
    Source(
        "mt/everyday/tatoeba",
        "https://tatoeba.org",
        "CC-BY-2.0-FR",
        finish={"de": 2, "fr": 1, "es": 2},
    ),
    Source(
        "mt/everyday/bcontrast",
        "https://github.com/radidd/BConTrasT",
        "CC-BY-SA-4.0",
        3,
        finish=ONCE,
    ),
    Source(
        "mt/everyday/cocoa_mt",
        "https://github.com/amazon-science/contrastive-controlled-mt",
        "CDLA-Sharing-1.0",
        3,
        finish=ONCE,
    ),
    Source(
        "mt/everyday/ding_sentences",
        "https://ftp.tu-chemnitz.de/pub/Local/urz/ding",
        "GPL-2.0-or-later",
        finish=ONCE,
    ),
    Source("mt/shop/bagisto", "https://github.com/bagisto/bagisto", "MIT", finish=ONCE),
    Source("mt/shop/freescout", "https://github.com/freescout-help-desk/freescout", "AGPL-3.0"),
    Source("mt/shop/magento_l10n", "https://github.com/magento-l10n", "OSL-3.0"),
    Source("mt/shop/magento_mageplaza", "https://github.com/mageplaza", "OSL-3.0"),
    Source("mt/shop/oca", "https://github.com/OCA/e-commerce", "AGPL-3.0"),
    Source("mt/shop/opencart", "https://github.com/opencart/opencart", "GPL-3.0", finish=ONCE),
    Source(
        "mt/shop/openfoodfacts_app",
        "https://github.com/openfoodfacts/smooth-app",
        "Apache-2.0",
        finish=ONCE,
    ),
    Source(
        "mt/shop/openfoodfacts_taxonomy",
        "https://github.com/openfoodfacts/openfoodfacts-server",
        "ODbL-1.0",
    ),
    Source(
        "mt/shop/oscar", "https://github.com/django-oscar/django-oscar", "BSD-3-Clause", finish=ONCE
    ),
    Source("mt/shop/shopware", "https://github.com/shopware/shopware", "MIT", finish=ONCE),
    Source("mt/shop/sylius", "https://github.com/Sylius/Sylius", "MIT", finish=ONCE),
    Source("mt/shop/thelia", "https://github.com/thelia/thelia", "LGPL-3.0-or-later", finish=ONCE),
    Source("mt/shop/tryton", "https://code.tryton.org", "GPL-3.0-or-later"),
    Source(
        "mt/shop/woo_android",
        "https://github.com/woocommerce/woocommerce-android",
        "GPL-2.0-or-later",
        3,
        finish=ONCE,
    ),
    Source(
        "mt/shop/woo_ios",
        "https://github.com/woocommerce/woocommerce-ios",
        "GPL-2.0-or-later",
        3,
        finish=ONCE,
    ),
    Source("mt/games/fillets", "https://fillets.sourceforge.net", "GPL-2.0-or-later"),
    Source("mt/games/freedroidrpg", "https://www.freedroid.org", "GPL-2.0-or-later"),
    Source("mt/software/mozilla_www", "https://github.com/mozilla-l10n/www-l10n", "MPL-2.0"),
    Source("mt/software/duckduckgo_android", "https://github.com/duckduckgo/Android", "Apache-2.0"),
    Source(
        "mt/software/gnome_apps", "https://gitlab.gnome.org/GNOME", "GPL-2.0-or-later", 1, 6_000
    ),
    Source(
        "mt/lexicon/ding_words",
        "https://ftp.tu-chemnitz.de/pub/Local/urz/ding",
        "GPL-2.0-or-later",
        1,
        25_000,
    ),
    Source("mt/lexicon/freedict", "https://freedict.org", "GPL-3.0-or-later", 1, 15_000),
)


def _read(source: Source, data_dir: Path, language: str) -> list[Pair]:
    path = data_dir / f"{source.path}.en-{language}.tsv.gz"
    if not path.exists():
        return []  # not every collection has every language
    pairs = read_pairs(path, "en", language)
    if source.cap is not None and len(pairs) > source.cap:
        # Seeded by name: the same pairs, whatever else is read.
        pairs = random.Random(zlib.crc32(path.name.encode())).sample(pairs, source.cap)
    return pairs


def shop_phrases(language: str) -> tuple[list[Pair], list[Pair]]:
    """The project's own shop phrases, and its composed sentences."""
    column = 1 + FOREIGN.index(language)

    def pairs(rows: Iterable[Sequence[str]]) -> list[Pair]:
        return [Pair(row[0], row[column], "en", language) for row in rows]

    rows = [row for name in PHRASES for row in read_tsv(Path(__file__).parent / name)]
    return pairs(rows), pairs(sentences())


def phrases_source(rows: int) -> DataSource:
    """Where `shop_phrases` are from."""
    return DataSource(name="shop phrases", source="written for it", licence="Apache-2.0", rows=rows)


@dataclass(frozen=True)
class Collection:
    """English-foreign pairs, repeated as they are weighted.

    Attributes:
        train: of the first part of a training.
        finish: of its last part.
    """

    train: list[Pair]
    finish: list[Pair]
    sources: list[DataSource]


def retail(data_dir: Path) -> Collection:
    """What the default models are trained on.

    Raises:
        DataError: the folder does not hold it.
    """
    train: list[Pair] = []
    finish: list[Pair] = []
    used: list[DataSource] = []
    for source in SOURCES:
        found = {language: _read(source, data_dir, language) for language in FOREIGN}
        rows = sum(map(len, found.values()))
        if not rows:
            raise DataError(
                f"No {data_dir / source.path}.en-XX.tsv.gz: --data-dir must be the folder that "
                f"holds mt/. The texts come from {source.origin}."
            )
        for language, pairs in found.items():
            train += pairs * source.repeat
            finish += pairs * source.finish.get(language, 0)
        used.append(
            DataSource(name=source.path, source=source.origin, licence=source.licence, rows=rows)
        )
    rows = 0
    for language in FOREIGN:
        phrases, composed = shop_phrases(language)
        own = phrases * PHRASES_REPEAT + composed * SENTENCES_REPEAT
        train, finish, rows = train + own, finish + own, rows + len(phrases) + len(composed)
    used.append(phrases_source(rows))
    return Collection(train, finish, used)


LOADERS = {"retail": retail}
DOMAINS = "domains"  # every collection, drawn by the weight of its domain: see domains.py
