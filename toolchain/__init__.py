"""Development tools: generators and compilers' wrappers; nothing at run time imports them."""
