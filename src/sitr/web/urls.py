"""All addresses. They are neutral words on purpose: a browser's history and a glance at the bar show them."""

from django.urls import include, path

from sitr.web import match_api, paired, problems

urlpatterns = [
    path("api/", match_api.api.urls),
    path("x/state", paired.state),
    path("x/pair", paired.pair),
    path("x/add", paired.add),
    path("", include("sitr.web.survivor.urls")),
]

handler400 = problems.bad_request
handler403 = problems.forbidden
handler404 = problems.not_found
handler500 = problems.server_error
