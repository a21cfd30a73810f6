"""web: the pages that people see. `survivor` holds the pages of the person, `desk` those of a helpline (not built yet).

What belongs here: reading a form, calling one verb of `sitr.cases`, rendering; access to the pages (one-time link,
unlocked session, language) and the server. What does not: rules, words of facts (knowledge), anything that decides.
"""
