"""Pages that people look at: one HTML file for a model, with plots, tables and examples.

``page`` has the parts of a page and its template, ``charts`` what is drawn, ``style`` how it looks;
``intent``, ``translation`` and ``recommendation`` say what is on the page of a service. They need
matplotlib and Jinja2 (``pip install 'retail-inference[reports]'``); nothing that is served does.
"""
