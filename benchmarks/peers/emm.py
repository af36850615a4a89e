"""emm: its word, character and sorted-neighbourhood indexers; the best cosine, or its classifier, trained on ``train/``."""

import pandas as pd
from emm import PandasEntityMatching
from peers import common


def named(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows as emm asks for them: an id of whole numbers, the place of the row."""
    return pd.DataFrame({"id": range(len(rows)), "name": rows.name.to_numpy(), "country": rows.country.to_numpy()})


def matcher(*, supervised: bool) -> PandasEntityMatching:
    return PandasEntityMatching(name_only=not supervised, preprocessor="preprocess_merge_abbr", supervised_on=False, n_jobs=2)


def taught(matching: PandasEntityMatching, asked: object) -> PandasEntityMatching:
    """Learns from the right names of the training split, against its own accounts, then stands on the accounts asked about."""
    accounts, leads, right = common.training(asked.train, countries=True)  # type: ignore[attr-defined]  # given by what this peer is called with
    places = {id: place for place, id in enumerate(accounts.id)}
    answers = {lead: places[account] for lead, account in sorted(right, reverse=True)}
    positives = leads[leads.id.isin(answers) & (leads.name != "")]
    known = pd.DataFrame({"id": positives.id.map(answers), "name": positives.name, "country": positives.country})
    matching.fit_classifier(known.reset_index(drop=True), train_gt=named(accounts), create_negative_sample_fraction=0.3)
    return matching


def main() -> None:
    asked = common.arguments(supervised={"action": "store_true"})
    accounts, leads = common.accounts(asked.accounts, countries=True), common.leads(asked.leads, countries=True)
    leads = leads[leads.name != ""].reset_index(drop=True)
    matching = matcher(supervised=asked.supervised)
    if asked.supervised:
        taught(matching, asked)
    matching.fit(named(accounts))
    found = matching.transform(named(leads).assign(uid=range(len(leads))))
    found = found.dropna(subset=["gt_entity_id"])
    score = (
        found.nm_score if asked.supervised else found[[name for name in found.columns if name.startswith("score_")]].max(axis=1)
    )
    made = pd.DataFrame(
        {
            "lead_id": leads.id.to_numpy()[found.uid.astype(int)],
            "account_id": accounts.id.to_numpy()[found.gt_entity_id.astype(int)],
            "score": score.to_numpy(),
        }
    )
    common.write(made.dropna(), asked.out)


if __name__ == "__main__":
    main()
