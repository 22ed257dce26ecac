package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"daesa/app"
	"daesa/internal/database"
	"daesa/pay"
)

// auditTables are the tables of an export, each with its query.
var auditTables = []struct{ name, query string }{
	{"refunds", "audit_refunds"}, {"attempts", "audit_attempts"}, {"transfers", "audit_transfers"}, {"breaks", "audit_breaks"},
	{"pages", "audit_pages"}, {"runs", "audit_runs"},
}

// Audit streams what an auditor gets of the business days from first to last,
// of one merchant or ("") all. Times are RFC 3339 in Seoul, what is absent is
// empty. Nothing of it is sealed or personal.
func (d *DB) Audit(ctx context.Context, mid string, first, last pay.Day, begin app.ExportTable) error {
	with := args{"mid": mid, "first": string(first), "last": string(last), "from": at(first.Start()), "until": at(last.End())}
	for _, table := range auditTables {
		if err := d.auditTable(ctx, table.name, table.query, with, begin); err != nil {
			return err
		}
	}
	return nil
}

func (d *DB) auditTable(ctx context.Context, name, query string, with args, begin app.ExportTable) error {
	text, values, err := d.db.Bind(query, with)
	if err != nil {
		return err
	}
	rows, err := d.db.Pool().QueryxContext(ctx, text, values...)
	if err != nil {
		return d.db.Explain(query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return d.db.Explain(query, err)
	}
	row, err := begin(name, columns)
	if err != nil {
		return err
	}
	for rows.Next() {
		cells, err := rows.SliceScan()
		if err != nil {
			return d.db.Explain(query, err)
		}
		texts := make([]string, len(cells))
		for i, cell := range cells {
			texts[i] = auditText(cell)
		}
		if err := row(texts); err != nil {
			return err
		}
	}
	return d.db.Explain(query, rows.Err())
}

// auditText writes a value of either database alike.
func auditText(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case []byte:
		return string(v)
	case time.Time:
		return pay.FormatTime(v)
	case string:
		if t, err := time.Parse(database.TimeLayout, v); err == nil {
			return pay.FormatTime(t)
		}
		return v
	default:
		return fmt.Sprint(v)
	}
}

// AuditJournal streams the entries of the journal of some days, in their order,
// each as a line of JSON, exactly as they are chained.
func (d *DB) AuditJournal(ctx context.Context, first, last pay.Day, visit func(line []byte) error) error {
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	with := args{"from": at(first.Start()), "until": at(last.End())}
	return eachOf(ctx, d, d.db.Pool(), "audit_journal", with, func(e Entry) error {
		line.Reset()
		if err := encoder.Encode(e); err != nil {
			return err
		}
		return visit(line.Bytes())
	})
}
