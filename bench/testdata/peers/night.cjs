// A night as a script: the day's list against the orders, and a file of what differs. It
// looks nothing up, keeps nothing and proves nothing, and writes no workbook: DuckDB
// would have to fetch an extension for that.
const fs = require("node:fs");
const { DuckDBInstance } = require("@duckdb/node-api");

async function main([address, day, path, out]) {
  const headers = { Authorization: "Basic " + Buffer.from("test_sk_sandbox:").toString("base64") };
  let pages = 0;
  for (let after = ""; ; ) {
    const query = new URLSearchParams({ startDate: day + "T00:00:00", endDate: day + "T23:59:59", limit: "5000" });
    if (after) query.set("startingAfter", after);
    const text = await (await fetch(`http://${address}/v1/transactions?${query}`, { headers })).text();
    const page = JSON.parse(text);
    fs.writeFileSync(`${out}.page${pages++}.json`, text);
    if (page.length < 5000) break;
    after = page[page.length - 1].transactionKey;
  }
  const db = await (await DuckDBInstance.create(":memory:")).connect();
  await db.run(`CREATE TABLE breaks AS
    WITH toss AS (
      SELECT orderId, sum(CASE status WHEN 'DONE' THEN amount WHEN 'CANCELED' THEN -amount WHEN 'PARTIAL_CANCELED' THEN -amount ELSE 0 END) AS held
      FROM read_json('${out}.page*.json') GROUP BY orderId),
    shop AS (
      SELECT order_id, status, CASE WHEN paid_at IS NULL THEN 0 ELSE amount - canceled_amount END AS held FROM read_csv('${path}'))
    SELECT coalesce(order_id, orderId) AS order_id, status, shop.held AS shop_holds, toss.held AS toss_holds
    FROM shop FULL JOIN toss ON order_id = orderId WHERE coalesce(shop.held, 0) <> coalesce(toss.held, 0)`);
  await db.run(`COPY breaks TO '${out}' (FORMAT csv, HEADER)`);
  const count = await db.runAndReadAll("SELECT count(*)::INTEGER AS n FROM breaks");
  console.log(`${count.getRowObjects()[0].n} differ`);
}

main(process.argv.slice(2));
