"""The fiscal mind: the note, its rules, classification, ledger, taxes, reconciliation. Pure: values in, values out."""
