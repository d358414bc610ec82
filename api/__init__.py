"""The edge: HTTP and the command line. The only package that knows Litestar."""
