"""Records: the tables the law keeps for years, as plain rows. The tenant leads every key; no rule and no agent is known here."""
