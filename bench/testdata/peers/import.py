"""The orders of a CSV file, sorted by their key, in a table of a new SQLite database."""
import sqlite3
import sys

import pandas

path, database = sys.argv[1:]
orders = pandas.read_csv(path, dtype={"order_id": str, "mid": str, "payment_key": str, "customer_ref": str})
db = sqlite3.connect(database)
orders.sort_values(["mid", "order_id"]).to_sql("orders", db, index=False, chunksize=10_000)
print(db.execute("SELECT count(*) FROM orders").fetchone()[0])
