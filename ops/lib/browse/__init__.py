"""ops/browse: a walk through the pages by a browser, and a look at each of them for what would keep somebody from using it."""
