"""string_grouper: ``match_strings`` of the leads' cleaned names against the accounts', with its own n-grams and cosine."""

import pandas as pd
from peers import common
from string_grouper import match_strings


def main() -> None:
    asked = common.arguments()
    accounts, leads = common.accounts(asked.accounts), common.leads(asked.leads)
    leads = leads[leads.name != ""].reset_index(drop=True)
    found = match_strings(
        accounts.name, leads.name, accounts.id, leads.id, min_similarity=0.4, max_n_matches=common.TOP, ignore_index=True
    )
    made = pd.DataFrame({"lead_id": found.right_id, "account_id": found.left_id, "score": found.similarity})
    common.write(made, asked.out)


if __name__ == "__main__":
    main()
