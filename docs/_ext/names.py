"""References to names where users import them, such as `udl_pt.DNN`: Sphinx knows where they are defined."""

import pydoc

from sphinx.util.nodes import make_refnode


def resolve(app, env, node, contnode):
    """Return the link to a public name of the library that is documented under its module."""
    if node.get("refdomain") != "py" or not node["reftarget"].startswith("udl_pt."):
        return None
    value = pydoc.locate(node["reftarget"])
    name = f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', '')}"
    found = env.domains["py"].objects.get(name)
    if found is None:
        return None
    return make_refnode(app.builder, node["refdoc"], found.docname, found.node_id, contnode, name)


def setup(app):
    """Connect the function above."""
    app.connect("missing-reference", resolve)
    return {"parallel_read_safe": True}
