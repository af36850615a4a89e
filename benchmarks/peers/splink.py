"""splink on DuckDB: leads linked to accounts, weights estimated by expectation maximisation, without labels."""

from collections import Counter

import pandas as pd
import splink.comparison_library as compare
from peers import common
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

COLUMNS = ["unique_id", "name", "squashed", "domain", "label", "country", "city", "begin", "end", "rare", "second"]
BLOCKS = ("squashed", "domain", "label", "begin", "end", "rare", "second")


def prepared(rows: pd.DataFrame, seen: Counter[str]) -> pd.DataFrame:
    """The columns that are compared and those that pairs are looked for by, what is empty as missing."""
    rows = rows[rows.name != ""]
    squashed = rows.name.str.replace(" ", "")
    rarest = [
        sorted((word for word in set(name.split()) if len(word) > 2), key=lambda word: (seen[word] or 1e9, word))
        for name in rows.name
    ]
    made = rows.assign(
        unique_id=rows.id,
        squashed=squashed,
        label=rows.domain.str.split(".").str[0],
        begin=squashed.str[:6].where(squashed.str.len() > 4),
        end=squashed.str[-8:].where(squashed.str.len() > 8),
        rare=[words[0] if words and seen[words[0]] < 200 else None for words in rarest],
        second=[words[1] if len(words) > 1 and seen[words[1]] < 200 else None for words in rarest],
    )
    return made[COLUMNS].replace("", None)


def settings() -> SettingsCreator:
    return SettingsCreator(
        link_type="link_only",
        comparisons=[
            compare.JaroWinklerAtThresholds("name", [0.96, 0.92, 0.88, 0.8]).configure(term_frequency_adjustments=True),
            compare.LevenshteinAtThresholds("squashed", [1, 2, 4]),
            compare.JaroWinklerAtThresholds("domain", [0.95, 0.88]),
            compare.ExactMatch("country"),
            compare.ExactMatch("city").configure(term_frequency_adjustments=True),
        ],
        blocking_rules_to_generate_predictions=[block_on(column) for column in BLOCKS],
    )


def main() -> None:
    asked = common.arguments()
    accounts, leads = common.accounts(asked.accounts, countries=True), common.leads(asked.leads, countries=True)
    seen = Counter(word for name in accounts.name for word in set(name.split()))
    engine = DuckDBAPI()
    standing = engine.register(prepared(accounts, seen), dataset_display_name="accounts")
    asking = engine.register(prepared(leads, seen), dataset_display_name="leads")
    linker = Linker([standing, asking], settings())
    linker.training.estimate_probability_two_random_records_match([block_on("squashed", "domain")], recall=0.3)
    linker.training.estimate_u_using_random_sampling(max_pairs=5e6, seed=1)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("domain"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("rare"))
    found = linker.inference.predict(threshold_match_probability=0.001).as_pandas_dataframe()
    left = found.source_dataset_l == "leads"
    made = pd.DataFrame(
        {
            "lead_id": found.unique_id_l.where(left, found.unique_id_r),
            "account_id": found.unique_id_r.where(left, found.unique_id_l),
            "score": found.match_probability,
        }
    )
    common.write(made, asked.out)


if __name__ == "__main__":
    main()
