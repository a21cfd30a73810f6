"""The request as our middleware hands it on: with services, keeper, language and visit."""

from typing import Any

from django.http import HttpRequest

from sitr.web.application import Web
from sitr.web.sessions import Visit
from sitr.words import Lang


class Request(HttpRequest):
    """Only a type: the middleware adds these to Django's own request object. `keeper` is None while locked.

    `origin` is the address of these pages as the browser knows it; `desk`: the operator's for people elsewhere.
    """

    web: Web
    services: Any
    keeper: Any
    lang: Lang
    visit: Visit
    origin: str
    desk: bool
