"""References to names where users import them, such as `udl_pt.DNN`: Sphinx knows other paths."""

import pydoc

from sphinx.util.nodes import make_refnode


def resolve(app, env, node, contnode):
    """Return the link to a name of the library that is documented under another path."""
    target = node.get("reftarget", "")
    value = pydoc.locate(target) if target.startswith("udl_pt.") else None
    last = f".{target.rpartition('.')[2]}"
    for name, found in env.domains["py"].objects.items():
        if value is not None and name.endswith(last) and pydoc.locate(name) is value:
            return make_refnode(app.builder, node["refdoc"], found.docname, found.node_id, contnode, name)
    return None


def setup(app):
    """Connect the function above."""
    app.connect("missing-reference", resolve)
    return {"parallel_read_safe": True}
