"""dedupe: ``RecordLink`` with name, domain, city and country, trained on labelled pairs of the split to learn from."""

import random
from collections import defaultdict
from typing import Any

import dedupe
import pandas as pd
from dedupe import variables
from peers import common

Record = dict[str, str | None]
FIELDS = ("name", "domain", "city", "country")
MATCHES, SAMPLED, CORES = 2000, 2000, 2
STANDING = 20_000  # of the accounts to learn from so many are enough: what is learned are weights and rules


def records(rows: pd.DataFrame) -> dict[str, Record]:
    """The rows by their id; what is empty is missing."""
    return {row["id"]: {field: row[field] or None for field in FIELDS} for row in rows.to_dict("records")}


def labelled(accounts: dict[str, Record], leads: dict[str, Record], right: set[tuple[str, str]]) -> dict[str, list[Any]]:
    """As many right pairs, and for each of some leads a wrong one of the same first word or domain and a wrong one by chance."""
    chance = random.Random(1)  # the same pairs in each run
    ids, alike = list(accounts), defaultdict(list)
    for id, account in accounts.items():
        for key in _keys(account):
            alike[key].append(id)
    matches = chance.sample(sorted(right), min(MATCHES, len(right)))
    distinct = []
    for lead in chance.sample(sorted(leads), min(MATCHES, len(leads))):
        near = [id for key in _keys(leads[lead]) for id in alike[key]]
        wrong = [*chance.sample(near, min(2, len(near))), chance.choice(ids)]
        distinct += [(leads[lead], accounts[id]) for id in wrong if (lead, id) not in right]
    return {"match": [(leads[lead], accounts[id]) for lead, id in matches], "distinct": distinct}


def _keys(record: Record) -> list[str]:
    name, domain = record["name"], record["domain"]
    return [*([name.split()[0]] if name else []), *([f"@{domain}"] if domain else [])]


def trained(asked: Any) -> dedupe.RecordLink:
    """A linker that has learned weights and blocking rules."""
    accounts, leads, right = common.training(asked.train, countries=True)
    meant = {id for _, id in right}
    some = accounts[accounts.id.isin(meant)]
    some = pd.concat([some, accounts[~accounts.id.isin(meant)].sample(max(STANDING - len(some), 0), random_state=1)])
    theirs, ours = records(some), {id: lead for id, lead in records(leads).items() if lead["name"]}
    right = {(lead, id) for lead, id in right if lead in ours}
    linker = dedupe.RecordLink(
        [
            variables.String("name"),
            variables.String("domain", has_missing=True),
            variables.ShortString("city", has_missing=True),
            variables.Exact("country", has_missing=True),
        ],
        num_cores=CORES,
    )
    linker.prepare_training(ours, theirs, sample_size=SAMPLED)
    linker.mark_pairs(labelled(theirs, ours, right))
    linker.train(recall=0.95, index_predicates=False)
    return linker


def main() -> None:
    asked = common.arguments()
    accounts, leads = common.accounts(asked.accounts, countries=True), common.leads(asked.leads, countries=True)
    linker = trained(asked)
    ours = {id: lead for id, lead in records(leads).items() if lead["name"]}
    scored = linker.score(linker.pairs(ours, records(accounts)))
    pairs = scored["pairs"]
    common.write(pd.DataFrame({"lead_id": pairs[:, 0], "account_id": pairs[:, 1], "score": scored["score"]}), asked.out)


if __name__ == "__main__":
    main()
