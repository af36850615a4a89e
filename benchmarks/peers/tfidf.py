"""TF-IDF of character 3-grams with sparse_dot_topn; on request the accounts of the lead's own domain stand before all others."""

import numpy as np
import pandas as pd
from peers import common
from sklearn.feature_extraction.text import TfidfVectorizer
from sparse_dot_topn import sp_matmul_topn


def alike(accounts: pd.DataFrame, leads: pd.DataFrame) -> pd.DataFrame:
    """The most similar accounts of each lead, by name."""
    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3), dtype=np.float32, lowercase=False)
    standing = vectorizer.fit_transform(accounts.name)
    found = sp_matmul_topn(vectorizer.transform(leads.name), standing.T.tocsr(), top_n=common.TOP, n_threads=2, sort=True).tocoo()
    return pd.DataFrame(
        {"lead_id": leads.id.to_numpy()[found.row], "account_id": accounts.id.to_numpy()[found.col], "score": found.data}
    )


def of_domain(accounts: pd.DataFrame, leads: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """The accounts of the same domain, scored 1 and by likeness of the names among themselves, before those alike by name."""
    same = leads[leads.domain != ""].merge(accounts, on="domain", suffixes=("", "_account"))
    same = same.rename(columns={"id": "lead_id", "id_account": "account_id"})[["lead_id", "account_id"]]
    both = same.merge(names, how="left", on=["lead_id", "account_id"]).fillna({"score": 0.0})
    both["score"] = 1 + both.score  # any account of the domain stands above one of a like name
    return pd.concat([both, names]).drop_duplicates(["lead_id", "account_id"])


def main() -> None:
    asked = common.arguments(domain_first={"action": "store_true"})
    accounts, leads = common.accounts(asked.accounts), common.leads(asked.leads)
    found = alike(accounts, leads)
    common.write(of_domain(accounts, leads, found) if asked.domain_first else found, asked.out)


if __name__ == "__main__":
    main()
