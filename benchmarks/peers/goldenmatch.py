"""goldenmatch: its Fellegi-Sunter matchkey, trained by expectation maximisation, over several blocking passes."""

from collections import Counter

import goldenmatch
import pandas as pd
import pyarrow as pa
from peers import common

PASSES = ("squashed", "domain", "begin", "rare", "second")


def prepared(rows: pd.DataFrame, seen: Counter[str]) -> pa.Table:
    """The columns that are compared and those that are blocked on, what is empty as missing."""
    rows = rows[rows.name != ""]
    squashed = rows.name.str.replace(" ", "")
    rarest = [
        sorted((word for word in set(name.split()) if len(word) > 2), key=lambda word: (seen[word] or 1e9, word))
        for name in rows.name
    ]
    made = rows.assign(
        squashed=squashed,
        begin=squashed.str[:7].where(squashed.str.len() > 4),
        rare=[words[0] if words and seen[words[0]] < 100 else None for words in rarest],
        second=[words[1] if len(words) > 1 and seen[words[1]] < 100 else None for words in rarest],
    )
    return pa.Table.from_pandas(made.replace("", None), preserve_index=False)


def configuration() -> goldenmatch.GoldenMatchConfig:
    field, key = goldenmatch.MatchkeyField, goldenmatch.BlockingKeyConfig
    return goldenmatch.GoldenMatchConfig(
        matchkeys=[
            goldenmatch.MatchkeyConfig(
                name="company",
                type="probabilistic",
                link_threshold=0.01,
                fields=[
                    field(field="name", scorer="jaro_winkler", levels=3, partial_threshold=0.88, tf_adjustment=True),
                    field(field="squashed", scorer="levenshtein", levels=3, partial_threshold=0.8),
                    field(field="domain", scorer="jaro_winkler", levels=3, partial_threshold=0.9),
                    field(field="country", scorer="exact"),
                    field(field="city", scorer="exact"),
                ],
            )
        ],
        blocking=goldenmatch.BlockingConfig(
            strategy="multi_pass",
            keys=[key(fields=[column], additive=True) for column in PASSES],
            passes=[key(fields=[column], additive=True) for column in PASSES],
            max_block_size=2000,
            skip_oversized=True,
        ),
    )


def main() -> None:
    asked = common.arguments()
    accounts, leads = common.accounts(asked.accounts, countries=True), common.leads(asked.leads, countries=True)
    seen = Counter(word for name in accounts.name for word in set(name.split()))
    ran = goldenmatch.match_df(prepared(leads, seen), prepared(accounts, seen), config=configuration())
    found = ran.matched.to_pandas()
    made = pd.DataFrame({"lead_id": found.target_id, "account_id": found.ref_id, "score": found["__match_score__"]})
    common.write(made, asked.out)


if __name__ == "__main__":
    main()
