"""survivor: the pages of the person, each a plain function: read the form, call one verb, render.

Addresses are neutral on purpose (`/n/…`, "page", "letter"): a browser's history shows them. Nothing here decides.
"""
