"""Takedown: write a notice, deliver it, know what is due, read the answer.

Here belong the text of notices and the check of their required fields, the states a notice may take, clocks and rungs,
the port to a mail relay and the careful reading of replies. Which laws and services exist is in `knowledge`; rows and
consent are in `cases`.
"""

from sitr.takedown.clock import Clock, clock
from sitr.takedown.compose import CaseFacts, Content, Draft, SightingFacts, compose, is_asked
from sitr.takedown.mail import Delivery, DeliveryState, Mail, Mailer, MemoryMailer, SmtpMailer, is_mailbox
from sitr.takedown.notice import NoticeState, Rung, may_move, move, next_rung
from sitr.takedown.reply import Attachment, Reply, read_reply

__all__ = [
    "Attachment",
    "CaseFacts",
    "Clock",
    "Content",
    "Delivery",
    "DeliveryState",
    "Draft",
    "Mail",
    "Mailer",
    "MemoryMailer",
    "NoticeState",
    "Reply",
    "Rung",
    "SightingFacts",
    "SmtpMailer",
    "clock",
    "compose",
    "is_asked",
    "is_mailbox",
    "may_move",
    "move",
    "next_rung",
    "read_reply",
]
