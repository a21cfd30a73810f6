"""The shape of every entry in `knowledge/`, as pydantic models: one file for each kind of entry.

Here belongs what a file may hold and nothing about what follows from it. The same models check an entry when it is
loaded, publish the JSON Schema that helps an editor (`json_schemas`), and are the values the engines work on: frozen,
so that no caller can change a fact for the next one. pydantic costs 0.1 s to import; `identify` therefore reads its
addresses without this package, and the checker reads them with it.
"""
