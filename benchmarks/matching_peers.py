"""The matchers of others that ``benchmarks/matching.py`` runs, each with the packages of its own environment.

A peer is a module of ``benchmarks/peers`` that is run in an environment that holds what it needs and nothing of centri, since the
peers ask for versions of pandas and NumPy that do not go together. Versions are pinned, so that figures stay comparable.
"""

from dataclasses import dataclass

SHARED = ("anyascii==0.3.3", "cleanco==2.3", "pycountry==24.6.1")  # what the one cleaning of names asks for
PANDAS = "pandas==2.3.3"
LEARN = "scikit-learn==1.7.2"
TOPN = "sparse-dot-topn==1.2.0"


@dataclass(frozen=True)
class Peer:
    """``minutes`` is how long it may run; ``most`` is how many leads it takes at most, where it would not end on all of them."""

    name: str
    module: str
    environment: str
    options: tuple[str, ...] = ()
    learns: bool = False
    minutes: int = 30
    most: int | None = None


ENVIRONMENTS: dict[str, tuple[str, ...]] = {
    "rapidfuzz": (*SHARED, PANDAS, "rapidfuzz==3.14.6"),
    "tfidf": (*SHARED, PANDAS, LEARN, TOPN),
    "string_grouper": (*SHARED, PANDAS, "string-grouper==0.8.0"),
    "name_matching": (*SHARED, PANDAS, "name-matching==0.9.22"),
    "emm": (*SHARED, PANDAS, "emm==2.1.11"),
    "recordlinkage": (*SHARED, PANDAS, "recordlinkage==0.16"),
    "splink": (*SHARED, PANDAS, "splink==5.0.0"),
    "dedupe": (*SHARED, PANDAS, "dedupe==3.0.3", "BTrees==6.1"),  # later ones lack what it calls
    "goldenmatch": (*SHARED, PANDAS, "goldenmatch==3.22.0"),
}

PEERS: tuple[Peer, ...] = (
    Peer("rapidfuzz-ratio", "rapidfuzz", "rapidfuzz", ("--scorer", "ratio")),
    Peer("rapidfuzz-token-sort", "rapidfuzz", "rapidfuzz", ("--scorer", "token_sort_ratio")),
    Peer("rapidfuzz-jaro-winkler", "rapidfuzz", "rapidfuzz", ("--scorer", "jaro_winkler")),
    Peer("tfidf", "tfidf", "tfidf"),
    Peer("domain-then-tfidf", "tfidf", "tfidf", ("--domain-first",)),
    Peer("string-grouper", "string_grouper", "string_grouper"),
    Peer("name-matching", "name_matching", "name_matching", most=4000, minutes=60),
    Peer("emm", "emm", "emm"),
    Peer("emm-supervised", "emm", "emm", ("--supervised",), learns=True, minutes=60),
    Peer("recordlinkage", "recordlinkage", "recordlinkage", learns=True),
    Peer("splink", "splink", "splink"),
    Peer("dedupe", "dedupe", "dedupe", learns=True, minutes=90),
    Peer("goldenmatch", "goldenmatch", "goldenmatch"),
)
