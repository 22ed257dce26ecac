package store

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"daesa/jobs"
	"daesa/pay"
	"daesa/reconcile"
	"daesa/refunds"
)

// The store reads, asks the rule, and writes. These tests read its queries and its
// Go files and find what looks like a rule of its own: a state, kind or method by
// name in a condition, money that is compared, a limit in figures, a person that
// is compared with another. What must stand here all the same is in the two lists,
// each with its reason; an entry that finds nothing any more must go.

// rulesInQueries are the queries that decide.
var rulesInQueries = map[string]string{
	// A night goes over a million orders without holding one in Go. Each of these is
	// one set-based statement, and reconcile.Compare is what decides of all that they
	// leave: TestTheFilterDropsNothingThatCompareReports, and the nights of jobs that
	// are cut in every way.
	"fold":                 "folds a payment from all its rows as reconcile.Compare reads them",
	"fill_standing_looked": "the same of payments that only look-ups know",
	"fill_suspects":        "the filter: what it drops, Compare would not report",
	"settle_doubts":        "a look-up of the run has answered what the list leaves open, where both hold the same",
	"count_agreeing":       "of what the filter let pass, that which holds money: the sample is drawn from it",
	"agreeing":             "the same, row by row",
	"unlisted_approval":    "an approval that no row shows; the proof of the list",
	"unlisted_cancel":      "a cancel that no row shows; the proof of the list",
	"all_back":             "CANCELED means that all went back",
	"move_reversals":       "a deposit that the bank took back; the proof of the list",
	"unproved_orders":      "paid orders of which Toss says nothing, neither yes nor no",
	"day_known":            "paid orders of a day; reconcile.DayKnown decides",
	"other_payments":       "of an order's other payments those that were ever paid; refunds/siblings.go decides what they mean",
	"touch_looked":         "what the run looked up, of the list of pairs that agree",

	// Sums of a day, each side without the other, for the sheet of totals.
	"day_orders":  "counts what is not compared: another company's, and nothing to pay",
	"day_methods": "sums by what a row's status says moved",
	"day_shop":    "the same of the shop's orders",
	"day_undated": "cancels without a time",
	"day_cancels": "sums the cancels of a date, as far as look-ups have shown how much",

	// Which payments have an account that vanishes: a list for people, and what the
	// capture looks at; refunds.AfterLook decides what a look means.
	"orders_to_watch":    "the shop's virtual accounts that may be paid yet",
	"unwatched_accounts": "virtual accounts of the list that live",
	"accounts_missed":    "those that were paid, and whose account is gone",
	"account_lines":      "how the contract calls an account that was not captured",

	// The rules of sql/queries/rules.sql, each beside its like in Go.
	"compared":     "pay.Order.Compared; TestSQLite/orders: held in SQL is held in Go",
	"ever_paid":    "pay.Order.EverPaid",
	"paid_undated": "its half without a time",

	// Whether a transaction explains a settlement row, for a list that people read:
	// a sale is explained by its payment's approval, as settle joins them.
	"settlement_rows_paid":       "an amount above 0 is the approval",
	"settlement_rows_transacted": "the same",
	// A month's cancels are read by an index of their own: settle.Transaction.Cancel.
	"canceled_of_days":      "an amount below 0 is a cancel",
	"rows_of_canceled":      "the same",
	"approvals_of_canceled": "the same, and one above 0 its approval",

	// How things are kept.
	"breaks_list":  "a refunding break is kept as resolved and waiting, so that the version before reads it",
	"audit_breaks": "the same",
}

// vocabulary are the words of the domain that a condition must not name.
func vocabulary() map[string]bool {
	words := map[string]bool{pay.PGToss: true}
	add := func(more ...string) {
		for _, word := range more {
			words[word] = true
		}
	}
	for _, sets := range []map[string][]string{querySets(), jobs.Sets} {
		for _, states := range sets {
			add(states...)
		}
	}
	for _, s := range refunds.States {
		add(string(s))
	}
	for _, s := range refunds.ManualStates {
		add(string(s))
	}
	for _, s := range reconcile.Statuses {
		add(string(s))
	}
	for _, k := range reconcile.Kinds {
		add(string(k))
	}
	for _, d := range reconcile.Dispositions {
		add(string(d))
	}
	for _, m := range []pay.Method{pay.Card, pay.VirtualAccount, pay.EasyPay, pay.Transfer, pay.Phone, pay.ForeignEasyPay} {
		add(string(m))
	}
	for _, s := range []pay.PaymentStatus{pay.Ready, pay.InProgress, pay.WaitingForDeposit, pay.Done, pay.Canceled, pay.PartialCanceled, pay.Aborted, pay.Expired} {
		add(string(s))
	}
	for _, s := range []pay.OrderStatus{pay.OrderPaid, pay.OrderPending, pay.OrderCanceled, pay.OrderPartiallyCanceled} {
		add(string(s))
	}
	add(jobs.EventDone, jobs.EventForged, jobs.EventKept, jobs.EventUnknown, jobs.TickDone, jobs.TickFailed, string(refunds.CaptureNone))
	return words
}

var (
	literal  = regexp.MustCompile(`'([^']*)'`)
	money    = `\b(?:\w+\.)?(?:\w*amount\w*|\w*held|s\.listed|total\w*|balance\w*|owed|refunded_elsewhere|approved)\b`
	compares = regexp.MustCompile(money + `\s*(?:<=|>=|<>|<|>)|(?:<=|>=|<>|<|>)\s*(?:coalesce\()?` + money)
	equals   = regexp.MustCompile(money + `\s*=\s*(?:coalesce\()?` + money)
	assigns  = regexp.MustCompile(`(?s)\bSET\b.*?(?:\bWHERE\b|\bRETURNING\b|$)`)
	figure   = regexp.MustCompile(`(?:LIMIT|[<>=])\s*([2-9]|[0-9]{2,})\b`)
	person   = regexp.MustCompile(`\b\w+_by\s*(?:=|<>|!=|IS)\s*(?:[a-z]+\.)?\w*_by\b`)
	excluded = regexp.MustCompile(`\w+ = excluded\.\w+,?`)
)

// units are the queries of sql/ and the pieces that they share, by name, as they
// are written.
func units(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("../sql/queries/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	found := map[string]string{}
	begins := regexp.MustCompile(`(?m)^-- name: (\w+)\n|\{\{-? ?define "(\w+)"\}\}`)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var kept []string
		for _, line := range strings.Split(string(raw), "\n") {
			if strings.HasPrefix(line, "-- name: ") || !strings.HasPrefix(strings.TrimSpace(line), "--") {
				kept = append(kept, line)
			}
		}
		text := regexp.MustCompile(`\{\{-? ?/\*(?s:.*?)\*/ ?-?\}\}`).ReplaceAllString(strings.Join(kept, "\n"), "")
		places := begins.FindAllStringSubmatchIndex(text, -1)
		for i, place := range places {
			end := len(text)
			if i+1 < len(places) {
				end = places[i+1][0]
			}
			name := begins.FindStringSubmatch(text[place[0]:place[1]])
			found[name[1]+name[2]] = text[place[1]:end]
		}
	}
	return found
}

// decides finds in a query what only a rule may say.
func decides(text string, words map[string]bool) []string {
	var findings []string
	text = excluded.ReplaceAllString(text, "")
	for _, found := range literal.FindAllStringSubmatch(text, -1) {
		if words[found[1]] {
			findings = append(findings, "it names "+found[0])
		}
	}
	for what, pattern := range map[string]*regexp.Regexp{"it compares money": compares, "it has a limit in figures": figure, "it compares people": person} {
		if found := pattern.FindString(text); found != "" {
			findings = append(findings, what+": "+found)
		}
	}
	if found := equals.FindString(assigns.ReplaceAllString(text, "")); found != "" {
		findings = append(findings, "it compares money: "+found)
	}
	return findings
}

// Both readers find what they are for.
func TestADecisionOfTheStoreIsFound(t *testing.T) {
	t.Parallel()
	words := vocabulary()
	for query, found := range map[string]bool{
		"SELECT id FROM refunds WHERE state IN ('sending','unknown')":               true,
		"SELECT id FROM refunds WHERE state IN {{.Set.away}}":                       false,
		"SELECT 1 FROM orders WHERE amount > held":                                  true,
		"SELECT 1 FROM orders o JOIN payments p ON o.amount = p.total_amount":       true,
		"UPDATE payments SET total_amount = excluded.total_amount WHERE id = :id":   false,
		"SELECT id FROM refunds WHERE requested_by <> approved_by":                  true,
		"SELECT id FROM refunds ORDER BY id LIMIT 20":                               true,
		"SELECT id FROM refunds ORDER BY id LIMIT :limit":                           false,
		"SELECT id FROM orders WHERE pg = 'toss'":                                   true,
		"UPDATE refunds SET approved_by = :approved_by, note = '' WHERE mid = :mid": false,
	} {
		if findings := decides(query, words); (len(findings) > 0) != found {
			t.Errorf("%s: %v", query, findings)
		}
	}
	for code, found := range map[string]bool{
		"if r.State == refunds.StateRetry { return }":                   true,
		`if row.State == "sending" { return }`:                          true,
		"switch b.Status { case reconcile.Open: return }":               true,
		"if string(refunds.StateHeld) != row.State { return }":          true,
		"if r.Amount > left.Amount { return }":                          true,
		"if row.ApprovedBy == row.RequestedBy { return }":               true,
		"if refunds.OtherPerson(a, b) { return }":                       true,
		"if r.State.Unsent() { return }":                                false,
		"if err := r.Fits(p, known); err != nil { return }":             false,
		`d.exec(ctx, "x", args{"state": string(refunds.StateSending)})`: false,
		"const most = 20":         true,
		"const journalBatch = 50": false,
	} {
		text := "package p\nfunc f() {\n" + code + "\n}\n"
		parsed, err := parser.ParseFile(token.NewFileSet(), "a.go", text, 0)
		if err != nil {
			t.Fatal(err)
		}
		if findings := decisions(parsed.Decls[0], words); (len(findings) > 0) != found {
			t.Errorf("%s: %v", code, findings)
		}
	}
}

func TestTheQueriesDecideNothing(t *testing.T) {
	t.Parallel()
	words, used := vocabulary(), map[string]bool{}
	all := units(t)
	if len(all) < 180 {
		t.Fatalf("only %d queries were found", len(all))
	}
	for name, text := range all {
		findings := decides(text, words)
		if len(findings) == 0 {
			continue
		}
		used[name] = true
		if rulesInQueries[name] == "" {
			t.Errorf("%s decides: %s. States come by {{.Set.NAME}}, money and people by a parameter or a rule in Go", name, strings.Join(slices.Compact(findings), "; "))
		}
	}
	for name := range rulesInQueries {
		if !used[name] {
			t.Errorf("%s needs no exception", name)
		}
	}
}

// rulesInGo are the functions of the store that decide.
var rulesInGo = map[string]string{
	// A refunding break is kept as resolved and waiting, so that the version before
	// reads it.
	"newBreakRow": "writes it so",
	"breakOf":     "reads it; timing is the finding's, too",
	"status":      "reads it",
	// Rows are held against what the journal says of them: nothing follows from it
	// but what is reported, or a refusal.
	"stands":        "compares who approved with who the entry says did",
	"checkTransfer": "the same of a transfer by hand",
	"batches":       "the same of a file",
	"foundBefore":   "tells a request that a run found changed from one that a name approved before signatures",
	"accounts":      "compares who stored an account with who the entry says did",
	"brake":         "the same of the brake",
	"add":           "of the entries of breaks, those that a transfer stands for",
	"witnessBreak":  "the same, as it is written",
	// Numbers of the schema.
	"migrate.go": "versions between which two requests could be in flight on one payment",
	// A word of the store's own that is spelled like one of the domain.
	"witnessBy": "the kind of a journal entry's subject",
}

var moneyName = regexp.MustCompile(`^(Amount|Owed|Held|Total|Sum|Stake|BalanceAmount|TaxFree\w*|CanceledAmount|Guard)$`)

// ofStatements are limits of statements and memory: how many rows go into one.
var ofStatements = regexp.MustCompile(`(Batch|Page)$`)

var personName = regexp.MustCompile(`^(\w*By|By|Actor|Requester)$`)

func TestTheStoreDecidesNothing(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	words, used, read := vocabulary(), map[string]bool{}, 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || file == "testing.go" {
			continue
		}
		read++
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range parsed.Decls {
			name := file
			if function, ok := decl.(*ast.FuncDecl); ok {
				name = function.Name.Name
			}
			for _, finding := range decisions(decl, words) {
				used[name] = true
				if rulesInGo[name] == "" {
					t.Errorf("%s: %s decides: %s", set.Position(finding.at), name, finding.what)
				}
			}
		}
	}
	if read < 30 {
		t.Fatalf("only %d files were read", read)
	}
	for name := range rulesInGo {
		if !used[name] {
			t.Errorf("%s needs no exception", name)
		}
	}
}

type decision struct {
	at   token.Pos
	what string
}

// domain are the rooms whose words a condition must not name.
var domain = []string{"refunds", "reconcile", "pay", "jobs", "orders", "app", "reports"}

// decisions finds conditions of a declaration that only a rule may have.
func decisions(decl ast.Decl, words map[string]bool) (found []decision) {
	note := func(at ast.Node, format string, values ...any) {
		found = append(found, decision{at.Pos(), fmt.Sprintf(format, values...)})
	}
	word := func(e ast.Expr) string {
		switch e := e.(type) {
		case *ast.SelectorExpr:
			if room, ok := e.X.(*ast.Ident); ok && slices.Contains(domain, room.Name) && ast.IsExported(e.Sel.Name) {
				return room.Name + "." + e.Sel.Name
			}
		case *ast.BasicLit:
			if e.Kind == token.STRING && words[strings.Trim(e.Value, `"`)] {
				return e.Value
			}
		case *ast.CallExpr: // string(refunds.X)
			if len(e.Args) == 1 {
				if inner, ok := e.Args[0].(*ast.SelectorExpr); ok {
					if room, ok := inner.X.(*ast.Ident); ok && slices.Contains(domain, room.Name) {
						return room.Name + "." + inner.Sel.Name
					}
				}
			}
		}
		return ""
	}
	named := func(e ast.Expr, pattern *regexp.Regexp) bool {
		field, ok := e.(*ast.SelectorExpr)
		return ok && pattern.MatchString(field.Sel.Name)
	}
	ast.Inspect(decl, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.BinaryExpr:
			equal := node.Op == token.EQL || node.Op == token.NEQ
			ordered := node.Op == token.LSS || node.Op == token.GTR || node.Op == token.LEQ || node.Op == token.GEQ
			for _, side := range []ast.Expr{node.X, node.Y} {
				if w := word(side); w != "" && (equal || ordered) {
					note(node, "a condition names %s", w)
				}
				if ordered && named(side, moneyName) {
					note(node, "money is compared")
				}
			}
			if (equal || ordered) && named(node.X, moneyName) && named(node.Y, moneyName) {
				note(node, "money is compared")
			}
			if equal && named(node.X, personName) && named(node.Y, personName) {
				note(node, "people are compared")
			}
		case *ast.CaseClause:
			for _, e := range node.List {
				if w := word(e); w != "" {
					note(e, "a case names %s", w)
				}
			}
		case *ast.ValueSpec:
			for i, value := range node.Values {
				if number, ok := value.(*ast.BasicLit); ok && number.Kind == token.INT && !ofStatements.MatchString(node.Names[i].Name) {
					note(node, "%s is a limit in figures", node.Names[i].Name)
				}
			}
		case *ast.CallExpr:
			if w := word(node.Fun); w == "refunds.OtherPerson" {
				note(node, "people are compared")
			}
			if field, ok := node.Fun.(*ast.SelectorExpr); ok && field.Sel.Name == "EqualFold" {
				note(node, "names are compared")
			}
		}
		return true
	})
	return found
}

// stateWriters are the statements that write refunds.state.
func stateWriters(t *testing.T) []string {
	t.Helper()
	writes := regexp.MustCompile(`(?s)INSERT INTO refunds\s*\(|UPDATE refunds SET (?:[^;]*[ ,])?state\s*=`)
	var names []string
	for name, text := range units(t) {
		head, _, _ := strings.Cut(text, "WHERE")
		if writes.MatchString(head) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// One function writes the state of a request, and asks whether it may move so.
func TestAStateHasOneWriter(t *testing.T) {
	t.Parallel()
	statements := stateWriters(t)
	if want := []string{"begin_send", "hold_in_flight", "insert_refund", "settle_refund"}; !slices.Equal(statements, want) {
		t.Fatalf("%v write refunds.state, and this test knows of %v", statements, want)
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	asked := map[string]int{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.CallExpr:
				if method, ok := node.Fun.(*ast.SelectorExpr); ok && slices.Contains([]string{"setState", "move", "moveBehind"}, method.Sel.Name) {
					for _, argument := range node.Args {
						if text, ok := argument.(*ast.BasicLit); ok {
							asked[strings.Trim(text.Value, `"`)]++
							text.Value = `""` // seen
						}
					}
				}
			case *ast.BasicLit:
				if text := strings.Trim(node.Value, "\"`"); slices.Contains(statements, text) && !slices.Contains(everyRefund, text) || strings.Contains(text, "INTO refunds") || strings.Contains(text, "UPDATE refunds") {
					t.Errorf("%s: %q writes a state beside setState", set.Position(node.Pos()), text)
				}
			}
			return true
		})
	}
	for _, name := range statements {
		if asked[name] == 0 {
			t.Errorf("nobody runs %s (found %v)", name, slices.Sorted(maps.Keys(asked)))
		}
	}
}
