"""The benchmarks of `make bench`: measured through the real application on scale data, one JSON line per figure.

Figures to reach are printed beside what was measured; a missed one does not fail the run. Settings:

CE_DATABASE_URL          the database to measure (default: a SQLite file beside the instance, made on the first run);
                         an empty one is filled first; what writes works on a copy that is removed afterwards
CE_BENCH_PROFESSIONALS   people to fill an empty database with (100000), CE_BENCH_ORGANIZATIONS (a fiftieth of them),
                         CE_BENCH_CREDITS (three times as many)
CE_BENCH_ONLY            parts to run, comma-separated: pages, sheets, decisions, login, certificates, scope
CE_BENCH_ROWS            rows of an import and an export (50000)
CE_BENCH_CERTIFICATES    certificates of one task (300)
"""
