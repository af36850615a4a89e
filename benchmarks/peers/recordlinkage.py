"""recordlinkage: blocks and sorted neighbourhoods, string comparisons, logistic regression trained on ``train/``."""

from functools import reduce

import numpy as np
import pandas as pd
import recordlinkage
from peers import common


def prepared(rows: pd.DataFrame) -> pd.DataFrame:
    """By id, what is empty as missing, with the keys that pairs are looked for by."""
    rows = rows.set_index("id").replace("", np.nan).dropna(subset="name")
    words = rows.name.str.split()
    squashed = rows.name.str.replace(" ", "")
    return rows.assign(
        squashed=squashed,
        begin=squashed.str[:7],
        end=squashed.str[::-1],
        bag=words.map(sorted).str.join(" "),
        label=rows.domain.str.split(".").str[0],
    )


def candidates(leads: pd.DataFrame, accounts: pd.DataFrame) -> pd.MultiIndex:
    """The union of all pairs of one key, and of neighbours where names are sorted from the front, the back and by their words."""
    blocks = [(recordlinkage.index.Block(key), key) for key in ("domain", "label", "begin")]
    beside = [(recordlinkage.index.SortedNeighbourhood(key, window=7), key) for key in ("squashed", "end", "bag")]
    found = [_indexed(rule, leads.dropna(subset=key), accounts.dropna(subset=key)) for rule, key in (*blocks, *beside)]
    return reduce(pd.MultiIndex.union, found)


def _indexed(rule: object, leads: pd.DataFrame, accounts: pd.DataFrame) -> pd.MultiIndex:
    indexer = recordlinkage.Index()
    indexer.add(rule)
    return indexer.index(leads, accounts)


def compared(pairs: pd.MultiIndex, leads: pd.DataFrame, accounts: pd.DataFrame) -> pd.DataFrame:
    """The evidence of each pair; what either side lacks is told from what differs."""
    comparing = recordlinkage.Compare(n_jobs=2)
    comparing.string("name", "name", method="jarowinkler", label="winkler")
    comparing.string("squashed", "squashed", method="damerau_levenshtein", label="edits")
    comparing.string("bag", "bag", method="qgram", label="grams")
    comparing.exact("domain", "domain", label="domain")
    comparing.exact("label", "label", label="label")
    comparing.exact("country", "country", label="country")
    comparing.exact("city", "city", label="city")
    made = comparing.compute(pairs, leads, accounts)
    for field in ("domain", "country", "city"):
        left, right = leads[field].reindex(pairs.get_level_values(0)), accounts[field].reindex(pairs.get_level_values(1))
        made[f"{field} differs"] = ((made[field] == 0) & left.notna().to_numpy() & right.notna().to_numpy()).astype(float)
    made["exact"] = (made.edits == 1).astype(float)
    return made


def main() -> None:
    asked = common.arguments()
    accounts, leads, right = common.training(asked.train, countries=True)
    learned, learned_leads = prepared(accounts), prepared(leads)
    pairs = candidates(learned_leads, learned)
    known = pairs.intersection(pd.MultiIndex.from_tuples(sorted(right)))
    model = recordlinkage.LogisticRegressionClassifier()
    model.fit(compared(pairs, learned_leads, learned), known)
    standing = prepared(common.accounts(asked.accounts, countries=True))
    asking = prepared(common.leads(asked.leads, countries=True))
    found = candidates(asking, standing)
    scores = model.prob(compared(found, asking, standing))
    made = pd.DataFrame(
        {"lead_id": found.get_level_values(0), "account_id": found.get_level_values(1), "score": np.asarray(scores)}
    )
    common.write(made, asked.out)


if __name__ == "__main__":
    main()
