"""A night as a script: the day's list against the orders, and a workbook of what differs.
It looks nothing up, keeps nothing and proves nothing."""
import base64
import json
import sys
import urllib.parse
import urllib.request

import pandas

address, day, path, out = sys.argv[1:]
key = base64.b64encode(b"test_sk_sandbox:").decode()
rows, after = [], {}
while True:
    query = urllib.parse.urlencode({"startDate": day + "T00:00:00", "endDate": day + "T23:59:59", "limit": 5000, **after})
    request = urllib.request.Request(f"http://{address}/v1/transactions?{query}", headers={"Authorization": "Basic " + key})
    with urllib.request.urlopen(request) as answer:
        page = json.load(answer)
    rows += page
    if len(page) < 5000:
        break
    after = {"startingAfter": page[-1]["transactionKey"]}

toss = pandas.DataFrame(rows)
toss["held"] = toss["amount"] * toss["status"].map({"DONE": 1, "CANCELED": -1, "PARTIAL_CANCELED": -1}).fillna(0)
toss = toss.groupby("orderId", as_index=False)["held"].sum()
shop = pandas.read_csv(path, dtype={"order_id": str})
shop["held"] = (shop["amount"] - shop["canceled_amount"]).where(shop["paid_at"].notna(), 0)
both = shop.merge(toss, how="outer", left_on="order_id", right_on="orderId", suffixes=("", "_toss"))
breaks = both[both["held"].fillna(0) != both["held_toss"].fillna(0)]
breaks.to_excel(out, index=False)
print(len(shop), "orders,", len(rows), "transactions,", len(breaks), "differ")
