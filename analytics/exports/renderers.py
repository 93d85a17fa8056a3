"""PDF and PNG: made by packages that may be missing; the only file that imports them."""

from functools import lru_cache

from analytics.errors import AnalyticsError

ZOOM = 2.0  # pixels of an image for each of the drawing
INSTALL = "pip install 'armature[export]'"
PANGO = "sudo apt-get install -y libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"


class RendererMissing(AnalyticsError):
    """A package or a library of the system without which a file cannot be made."""

    code = "not_installed"


@lru_cache(maxsize=1)
def no_pdf() -> str:
    """Return what is missing for PDF, and what brings it; "" when all is there."""
    try:
        import weasyprint  # noqa: F401 - it loads Pango as well
    except ImportError:
        return f"PDF needs WeasyPrint, which is not installed: {INSTALL}"
    except OSError:
        return f"PDF needs Pango, which is not installed: {PANGO}"
    return ""


@lru_cache(maxsize=1)
def no_png() -> str:
    """Return what is missing for PNG, and what brings it; "" when all is there."""
    try:
        import resvg_py  # noqa: F401
    except ImportError:
        return f"PNG needs resvg, which is not installed: {INSTALL}"
    return ""


def pdf_of(page: str) -> bytes:
    """Return an HTML page that holds all it needs as PDF; raises RendererMissing.

    Nothing is fetched but what stands in the page itself.
    """
    if reason := no_pdf():
        raise RendererMissing(reason)
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    own = URLFetcher(allowed_protocols=["data"])
    pdf: bytes = HTML(string=page, url_fetcher=own).write_pdf(pdf_tags=True)
    return pdf


def png_of(svg: str) -> bytes:
    """Return a drawing as an image of twice its size; raises RendererMissing."""
    if reason := no_png():
        raise RendererMissing(reason)
    import resvg_py

    return bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=ZOOM))
