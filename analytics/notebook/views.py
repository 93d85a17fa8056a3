"""The notebook of a report, as a download."""

from django.http import HttpRequest, HttpResponse

from analytics.exports.media import file_name
from analytics.notebook.files import NOTEBOOK, notebook
from analytics.web.views import ReportView, find_experiment, ready_analysis
from experiments.roles import Action

TYPE = "application/x-ipynb+json; charset=utf-8"


class ReportNotebook(ReportView):
    """The notebook that recomputes the newest analysis from the files exported with it."""

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        """Return the notebook of the newest analysis with results."""
        analysis = ready_analysis(find_experiment(request, key, Action.ANALYSE))
        answer = HttpResponse(notebook(analysis), content_type=TYPE)
        name = file_name(analysis.experiment, NOTEBOOK)
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer
