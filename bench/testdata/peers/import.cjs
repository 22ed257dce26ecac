// The orders of a CSV file, sorted by their key, in a table of a new database of DuckDB.
const { DuckDBInstance } = require("@duckdb/node-api");

async function main([path, database]) {
  const db = await (await DuckDBInstance.create(database)).connect();
  await db.run(`CREATE TABLE orders AS SELECT * FROM read_csv('${path}') ORDER BY mid, order_id`);
  const count = await db.runAndReadAll("SELECT count(*)::INTEGER AS n FROM orders");
  db.closeSync();
  console.log(count.getRowObjects()[0].n);
}

main(process.argv.slice(2));
