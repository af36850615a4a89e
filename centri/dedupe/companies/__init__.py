"""Which company a record means: the account, partner or competitor that a lead belongs to."""
