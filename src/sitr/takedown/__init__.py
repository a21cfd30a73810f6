"""Takedown: write a notice, deliver it, know what is due, read the answer.

Here belong the text of notices and the check of their required fields, the states a notice may take, clocks and rungs,
the port to a mail relay, the careful reading of replies, the ledger of outcomes and the order of doors that follows
from it. Which laws and services exist is in `knowledge`; rows and consent are in `cases`.
"""

from sitr.takedown.clock import Clock, clock
from sitr.takedown.compose import CaseFacts, Content, Draft, SightingFacts, compose, is_asked
from sitr.takedown.estimate import Estimate, Prior, estimate
from sitr.takedown.ledger import Batch, Door, LedgerRow, Outcome, Result, Span, make_batch
from sitr.takedown.ledger_file import read_ledger, write_ledger
from sitr.takedown.mail import Delivery, DeliveryState, Mail, Mailer, MemoryMailer, SmtpMailer, is_mailbox
from sitr.takedown.notice import NoticeState, Rung, may_move, move, next_rung
from sitr.takedown.ranking import RankedRoute, describe, rank
from sitr.takedown.reply import Attachment, Reply, read_reply

__all__ = [
    "Attachment",
    "Batch",
    "CaseFacts",
    "Clock",
    "Content",
    "Delivery",
    "DeliveryState",
    "Door",
    "Draft",
    "Estimate",
    "LedgerRow",
    "Mail",
    "Mailer",
    "MemoryMailer",
    "NoticeState",
    "Outcome",
    "Prior",
    "RankedRoute",
    "Reply",
    "Result",
    "Rung",
    "SightingFacts",
    "SmtpMailer",
    "Span",
    "clock",
    "compose",
    "describe",
    "estimate",
    "is_asked",
    "is_mailbox",
    "make_batch",
    "may_move",
    "move",
    "next_rung",
    "rank",
    "read_ledger",
    "read_reply",
    "write_ledger",
]
