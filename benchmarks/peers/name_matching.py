"""name_matching: its default distances on the best candidates of its own n-gram search."""

import pandas as pd
from name_matching.name_matcher import NameMatcher
from peers import common


def main() -> None:
    asked = common.arguments()
    accounts, leads = common.accounts(asked.accounts), common.leads(asked.leads)
    leads = leads[leads.name != ""].reset_index(drop=True)
    matcher = NameMatcher(number_of_matches=1, legal_suffixes=False, common_words=False, top_n=50, verbose=False)
    matcher.load_and_process_master_data("name", accounts[["name"]])
    found = matcher.match_names(to_be_matched=leads[["name"]], column_matching="name")
    places = found.match_index.astype(float)
    kept = places.notna() & (places >= 0)
    made = pd.DataFrame(
        {
            "lead_id": leads.id[found.index[kept]].to_numpy(),
            "account_id": accounts.id.to_numpy()[places[kept].astype(int)],
            "score": found.score[kept].astype(float).to_numpy() / 100,
        }
    )
    common.write(made, asked.out)


if __name__ == "__main__":
    main()
