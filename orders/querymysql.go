package orders

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// mysqlTime is how :from and :to are told: the session's zone is Asia/Seoul, so
// that a wall clock means the same to a DATETIME, which has no zone, and to a
// TIMESTAMP, which the server turns into UTC.
const mysqlTime = "2006-01-02 15:04:05.000000"

// zeroTime begins what MySQL keeps in a NOT NULL column where there is no time.
const zeroTime = "0000-00-00"

// guardMySQL makes sure that the connection only reads, and lets the server end
// the query in time: a query whose reader is gone goes on otherwise.
func (q *Query) guardMySQL(ctx context.Context) error {
	var version string
	if err := q.tx.QueryRowContext(ctx, "SELECT VERSION()").Scan(&version); err != nil {
		return fmt.Errorf("orders.query: %w", err)
	}
	readOnly, limit := "@@SESSION.transaction_read_only", fmt.Sprintf("max_execution_time = %d", q.options.Timeout.Milliseconds())
	if strings.Contains(version, "MariaDB") {
		readOnly, limit = "@@SESSION.tx_read_only", fmt.Sprintf("max_statement_time = %.3f", q.options.Timeout.Seconds())
	}
	var zone string
	var only int
	if err := q.tx.QueryRowContext(ctx, "SELECT "+readOnly+", @@SESSION.time_zone").Scan(&only, &zone); err != nil {
		return fmt.Errorf("orders.query: %w", err)
	}
	if only != 1 || zone != "+09:00" {
		return &QueryError{Reason: "the connection could write, or is of another zone",
			Advice: "open it with SET SESSION TRANSACTION READ ONLY and time_zone '+09:00'"}
	}
	if _, err := q.tx.ExecContext(ctx, "SET SESSION "+limit); err != nil {
		return fmt.Errorf("orders.query: %w", err)
	}
	return nil
}

// mysqlFault finds what a SELECT of MySQL can do in a transaction that only
// reads: INTO writes files on the server, and a comment that is run hides words.
func (b *binder) mysqlFault() *QueryError {
	if b.dialect != MySQL {
		return nil
	}
	for i := 0; i < len(b.text); {
		rest := b.text[i:]
		if strings.HasPrefix(rest, "/*!") || strings.HasPrefix(rest, "/*M!") {
			return &QueryError{Reason: "has a comment that MySQL runs", Advice: "write what stands in it into the SELECT, or take it out"}
		}
		if size := b.quotation(i); size > 0 {
			i += size
			continue
		}
		end := 0
		for end < len(rest) && isName(rest[end]) {
			end++
		}
		if strings.EqualFold(rest[:end], "INTO") {
			return &QueryError{Reason: "has INTO, which puts the result elsewhere", Advice: "write one SELECT that gives rows"}
		}
		i += max(end, 1)
	}
	return nil
}

// mysqlTypeFits says whether values of a type can be taken exactly. What it does
// not know (ENUM, CHAR, TEXT) gives text.
func mysqlTypeFits(column, kind string) bool {
	kind = strings.TrimPrefix(kind, "UNSIGNED ")
	switch kind {
	case "FLOAT", "DOUBLE", "BIT", "JSON", "TIME", "YEAR", "GEOMETRY", "VECTOR":
		return false
	case "DATETIME", "TIMESTAMP", "DATE":
		return isTimeColumn(column)
	case "TINYINT", "SMALLINT", "MEDIUMINT", "INT", "BIGINT", "DECIMAL":
		return !isTimeColumn(column)
	}
	return !strings.HasSuffix(kind, "BLOB") && !strings.HasSuffix(kind, "BINARY")
}

// shownNumber is the order number as MySQL itself writes it.
const shownNumber = "daesa_order_id"

// numbersAsText runs the query again with the order number also as MySQL writes
// it, where it may be a ZEROFILL column: such a number has zeros in front to the
// shop, and the protocol gives it without.
func (q *Query) numbersAsText(ctx context.Context, text string, args []any) error {
	if !q.has(orderID) || !strings.HasPrefix(q.types[q.index[orderID]], "UNSIGNED ") {
		return nil
	}
	if err := q.rows.Close(); err != nil {
		return fmt.Errorf("orders.query: %w", err)
	}
	err := q.run(ctx, "SELECT daesa.*, CAST(daesa.order_id AS CHAR) AS "+shownNumber+" FROM (\n"+text+"\n) AS daesa", args)
	var refused *QueryError
	if errors.As(err, &refused) {
		refused.Advice = "give the order number as text: CAST(... AS CHAR) AS order_id"
	}
	return err
}

// lostZeros refuses an order number that MySQL writes in another way than as a
// plain number.
func (q *Query) lostZeros(line int, r *queryRecord) error {
	shown, has := r.Get(shownNumber)
	number, _ := r.Get(orderID)
	if !has || shown == number {
		return nil
	}
	return &QueryError{
		Reason: fmt.Sprintf("row %d: order_id is a ZEROFILL column: %q to MySQL, %q as a number", line, shown, number),
		Advice: "say which of the two was sent to Toss: CAST(... AS CHAR) AS order_id with the zeros, CAST(... + 0 AS CHAR) AS order_id without",
	}
}

// mysqlText is a value as the driver gives it: a DECIMAL digit by digit, a time
// as the session's wall clock.
func mysqlText(text, kind string) string {
	switch kind {
	case "DATE", "DATETIME", "TIMESTAMP":
		if strings.HasPrefix(text, zeroTime) {
			return ""
		}
	}
	if kind == "DATE" {
		return text + " 00:00:00"
	}
	return text
}
