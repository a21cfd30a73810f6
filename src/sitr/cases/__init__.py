"""The use-cases as verbs, the models behind them, and the one place where a transaction and its entry are opened.

What belongs here: reading rows, handing a pure room what its decision needs, writing what comes back, in one
transaction with the journal entry. What does not: rules (they live in the room of their noun), words, forms.
"""
