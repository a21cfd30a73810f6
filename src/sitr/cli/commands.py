"""All commands of `sitr`: what may follow each, and where it is done. `docs/commands.md` tells of each (tested).

A command loads its own file and nothing else: `sitr identify` must answer in 0.4 s.
"""

from sitr.cli.grammar import Command, Option

_OUT = Option("--out", "FILE", required=True)
_FOR = Option("--for", "AUDIENCE", choices=("lawyer", "police", "platform", "desk", "own"))
_ITEM = Option("--item", "ID=none|blurred|full", again=True)
_FOLDER = Option("--out", "DIR", required=True)
_ANSWER = Option("--answer", "QUESTION=ANSWER", again=True)

COMMANDS: tuple[Command, ...] = (
    Command(("start",), "verbs.starting:start", (), (Option("--port", "PORT"),)),
    Command(("demo",), "demo.story:tell", (), (Option("--keep", "DIR"),)),
    Command(("doctor",), "doctor:examine"),
    Command(("identify",), "identifying:identify", ("URL...",)),
    Command(("plan",), "plans:plan", (), (Option("--answers", "FILE", required=True),)),
    Command(("guide",), "guides:guide", ("[GUIDE]",)),
    Command(("law",), "laws:law", ("[CC]",), (Option("--answers", "FILE"), Option("--known", "DATE"))),
    Command(
        ("case", "new"),
        "verbs.cases:new",
        (),
        (
            Option("--answers", "FILE"),
            Option("--country", "CC"),
            Option("--time-proof", "YES|NO", choices=("yes", "no")),
        ),
    ),
    Command(("case", "list"), "verbs.cases:list_all"),
    Command(("case", "show"), "verbs.cases:show", ("CASE",)),
    Command(("case", "plan"), "verbs.cases:plan", ("CASE",)),
    Command(("case", "step"), "verbs.cases:step", ("CASE", "STEP", "done|skipped|later")),
    Command(("case", "erase"), "verbs.cases:erase", ("[CASE]",), (Option("--all"),)),
    Command(("case", "export"), "verbs.portables:export", ("CASE",), (_OUT,)),
    Command(("case", "import"), "verbs.portables:take_in", ("FILE",), (Option("--sealed-with", "PASSPHRASE-FILE"),)),
    Command(("case", "consent"), "verbs.ledgers:consent", ("CASE", "outcomes", "[on|off]")),
    Command(("sighting", "add"), "verbs.sightings:add", ("CASE", "URL...")),
    Command(("sighting", "list"), "verbs.sightings:list_all", ("CASE",)),
    Command(("sighting", "check"), "verbs.sightings:check", ("CASE", "[SIGHTING]")),
    Command(("capture", "diff"), "verbs.comparisons:diff", ("CASE", "EXHIBIT", "OTHER")),
    Command(
        ("capture",),
        "verbs.captures:capture",
        ("CASE", "URL"),
        (
            Option("--child", "ANSWER", choices=("no", "yes", "unsure")),
            Option("--viewport", "DEVICE", choices=("desktop", "phone")),
            Option("--locale", "LANGUAGE"),
            Option("--scroll", "YES|NO", choices=("yes", "no")),
            Option("--expand"),
            Option("--session"),
            Option("--blur"),
        ),
    ),
    Command(("cookies", "add"), "verbs.cookies:add", ("CASE", "FILE"), (Option("--host", "HOST"),)),
    Command(("cookies", "show"), "verbs.cookies:show", ("CASE",)),
    Command(("cookies", "forget"), "verbs.cookies:forget", ("CASE",)),
    Command(("exhibit", "add"), "verbs.exhibits:add", ("CASE", "FILE..."), (_ANSWER,)),
    Command(("exhibit", "list"), "verbs.exhibits:list_all", ("CASE",)),
    Command(("exhibit", "read"), "verbs.exhibits:read", ("CASE", "EXHIBIT"), (_ANSWER, Option("--place"))),
    Command(("exhibit", "export"), "verbs.exhibits:export", ("CASE", "EXHIBIT"), (_FOLDER, Option("--blur"))),
    Command(("pair", "list"), "verbs.pairings:list_all", ("CASE",)),
    Command(("pair", "end"), "verbs.pairings:end", ("CASE", "PAIRING")),
    Command(("pair",), "verbs.pairings:offer", ("CASE",)),
    Command(("arrived", "list"), "verbs.pairings:arrived", ("CASE",)),
    Command(("arrived", "accept"), "verbs.pairings:accept", ("CASE", "ARRIVAL")),
    Command(("arrived", "reject"), "verbs.pairings:reject", ("CASE", "ARRIVAL")),
    Command(("photo", "add"), "verbs.photos:add", ("CASE", "FILE..."), (Option("--keep"),)),
    Command(("fingerprint",), "fingerprints:fingerprint", ("FILE...",)),
    Command(("compare",), "fingerprints:compare", ("REFERENCE", "CANDIDATE...")),
    Command(("route",), "verbs.routes:route", ("CASE", "SIGHTING")),
    Command(
        ("notice", "draft"),
        "verbs.notices:draft",
        ("CASE", "SIGHTING"),
        (Option("--basis", "BASIS"), Option("--to-lang", "LANG", choices=("ar", "en")), Option("--fields", "FILE")),
    ),
    Command(("notice", "check"), "verbs.notices:check", ("CASE", "NOTICE")),
    Command(("notice", "approve"), "verbs.notices:approve", ("CASE", "NOTICE")),
    Command(("notice", "send"), "verbs.notices:send", ("CASE", "NOTICE")),
    Command(
        ("notice", "sent"),
        "verbs.notices:sent",
        ("CASE", "NOTICE"),
        (Option("--reference", "REFERENCE", required=True), Option("--at", "TIME")),
    ),
    Command(("notice", "reply"), "verbs.notices:reply", ("CASE", "NOTICE", "FILE")),
    Command(("notice", "refused"), "verbs.notices:refused", ("CASE", "NOTICE")),
    Command(("ledger", "stats"), "verbs.ledgers:stats"),
    Command(("ledger", "contribute"), "verbs.ledgers:contribute"),
    Command(("ledger", "export"), "verbs.ledgers:export", ("FILE",)),
    Command(("ledger", "import"), "verbs.ledgers:take_in", ("FILE",)),
    Command(("agenda",), "verbs.agendas:agenda", (), (Option("--ics", "FILE"),)),
    Command(("journal", "show"), "verbs.journals:show", ("CASE",)),
    Command(("journal", "verify"), "verbs.journals:verify", ("CASE",), (Option("--earlier", "FILE", again=True),)),
    Command(("journal", "checkpoint"), "verbs.journals:checkpoint", ("CASE",), (_OUT, Option("--qr", "FILE"))),
    Command(("custody",), "verbs.dossiers:custody", ("CASE", "[EXHIBIT]")),
    Command(("dossier", "items"), "verbs.dossiers:items", ("CASE",), (_FOR, _ITEM)),
    Command(
        ("dossier",),
        "verbs.dossiers:make",
        ("CASE",),
        (
            _OUT,
            Option("--to", "RECIPIENT", many=True),
            Option("--include", "all|pictures|EXHIBIT", many=True),
            _FOR,
            _ITEM,
            Option("--to-lang", "LANG", choices=("ar", "en", "both")),
            Option("--wait", "SECONDS"),
        ),
    ),
    Command(
        ("verify",),
        "verifying:verify",
        ("FILE",),
        (Option("--identity", "KEYFILE"), Option("--signer", "KEY"), Option("--tsa-ca", "FILE", again=True)),
    ),
    Command(("knowledge", "check"), "facts:check"),
    Command(("knowledge", "stats"), "facts:stats"),
)
