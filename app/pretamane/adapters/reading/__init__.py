"""Reading files that nobody vouches for.

Everything in `inside/` runs in the cage, a process that can reach no network, start no program and write no file;
it may be taken over by what it reads. Everything beside that folder runs outside, in the web or the worker
process, and believes nothing that comes out of the cage. Only three modules are shared: `wire` (the shape of
messages), `kinds` (which family reads which media type) and `confinement` (the bars themselves).
"""
