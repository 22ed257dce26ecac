{{- /* The few rules that set-based statements must know: each has its like in Go,
and a test holds the two together. The argument is the table's name with a point,
or nothing. */ -}}
{{- /* pay.Order.Compared; TestSQLite/orders:_held_in_SQL_is_held_in_Go */ -}}
{{define "compared"}}{{.}}pg = 'toss' AND {{.}}amount > 0{{end}}
{{- /* pay.Order.EverPaid, and its half without a time of the payment */ -}}
{{define "ever_paid"}}({{.}}paid_at IS NOT NULL OR {{.}}status IN ('paid','partially_canceled')){{end}}
{{define "paid_undated"}}{{.}}paid_at IS NULL AND {{.}}status IN ('paid','partially_canceled'){{end}}
{{- /* an order that is paid without a time of it counts when it was ordered */ -}}
{{define "paid_within"}}{{template "compared" .}} AND ({{.}}paid_at >= :from AND {{.}}paid_at < :to
  OR {{template "paid_undated" .}} AND {{.}}ordered_at >= :from AND {{.}}ordered_at < :to){{end}}
{{- /* reconcile.Kind.Scope, of a break as it is stored */ -}}
{{define "of_orders"}}{{.}}subject = ''{{end}}

{{/* of_day are the rows of the transaction list of one business date. Each database has an
index that answers it without the rows; why they differ says migration 23. */ -}}
{{define "of_day"}}{{if .Postgres}}at >= :from AND at < :to{{else}}day = :of_day{{end}}{{end}}

{{/* mids are the few merchants of a table, found by its key: an order whose merchant
nobody says is then found by the key, too, and not by reading every row. */ -}}
{{define "mids"}}WITH RECURSIVE mids (mid) AS (
  SELECT min(mid) FROM {{.}}
  UNION ALL
  SELECT (SELECT min(t.mid) FROM {{.}} t WHERE t.mid > m.mid) FROM mids m WHERE m.mid IS NOT NULL
){{end}}

{{/* orders_of_numbers are some orders of a merchant, by their numbers and in the order of them.
Of a table that is being filled PostgreSQL knows nothing, and takes one merchant to leave fewer
rows than two hundred numbers: it would read all of the merchant's orders. It is made to look
for each number by itself, which the whole key finds whatever it knows. */ -}}
{{define "order_columns"}}order_id, payment_key, method, status, amount, canceled_amount, refunded_elsewhere, tax_free_amount, pg, currency,
  ordered_at, paid_at, canceled_at, customer_ref, mixed_refunds, paid_unknown, tax_free_told{{end}}
{{define "orders_of_numbers"}}{{if .Postgres}}SELECT o.* FROM (SELECT CAST(:mid AS text) AS mid) m CROSS JOIN (SELECT DISTINCT number FROM (VALUES {{range $i, $_ := .Batch}}{{if $i}}, {{end}}(CAST(:order_{{$i}} AS text)){{end}}) v (number)) k
CROSS JOIN LATERAL (SELECT {{template "order_columns"}} FROM orders WHERE mid = m.mid COLLATE "C" AND order_id = k.number COLLATE "C" OFFSET 0) o
ORDER BY o.order_id{{else}}SELECT {{template "order_columns"}} FROM orders
WHERE mid = :mid AND order_id IN ({{range $i, $_ := .Batch}}{{if $i}}, {{end}}:order_{{$i}}{{end}}) ORDER BY order_id{{end}}{{end}}
