"""RapidFuzz by brute force: each lead's cleaned name against all of the accounts', in chunks of leads."""

import numpy as np
import pandas as pd
from peers import common
from rapidfuzz import distance, fuzz, process

CHUNK = 500  # leads at a time: 500 by 100,000 scores of one byte are 50 MB
SCORERS = {
    "ratio": fuzz.ratio,
    "token_sort_ratio": fuzz.token_sort_ratio,
    "jaro_winkler": distance.JaroWinkler.normalized_similarity,
}


def main() -> None:
    asked = common.arguments(scorer={"choices": list(SCORERS), "default": "ratio"})
    accounts, leads = common.accounts(asked.accounts), common.leads(asked.leads)
    leads = leads[leads.name != ""]
    unit = asked.scorer == "jaro_winkler"  # its scores go to 1, the others' to 100
    tables = []
    for start in range(0, len(leads), CHUNK):
        some = leads.iloc[start : start + CHUNK]
        scores = process.cdist(
            some.name.tolist(),
            accounts.name.tolist(),
            scorer=SCORERS[asked.scorer],
            dtype=np.float32 if unit else np.uint8,
            workers=-1,
        )
        top = np.argpartition(-scores if unit else 100 - scores, common.TOP, axis=1)[:, : common.TOP]
        taken = np.take_along_axis(scores, top, axis=1)
        tables.append(
            pd.DataFrame(
                {
                    "lead_id": np.repeat(some.id.to_numpy(), common.TOP),
                    "account_id": accounts.id.to_numpy()[top.ravel()],
                    "score": taken.ravel() / (1 if unit else 100),
                }
            )
        )
    common.write(pd.concat(tables), asked.out)


if __name__ == "__main__":
    main()
