package tidy

import (
	"strconv"
	"strings"
)

// A Row of the import table says which rooms of ours one room may import.
// Tests may import every room.
type Row struct {
	Room   string   // a folder, or with "/..." a folder and all below it
	Knows  []string // rooms, in the same notation
	But    []string // rooms among Knows that it must not know
	Reason string

	// StandardOnly forbids imports from outside the standard library.
	StandardOnly bool
	// ForTests keeps the room out of the program: only tests, and rooms that
	// are themselves for tests, may import it.
	ForTests bool
}

// plumbing is what every room but pay, config and sandbox may use: code
// without a word of the domain.
var plumbing = []string{
	"internal/table", "internal/seal", "internal/notify", "internal/deliver", "internal/hint", "internal/written", "internal/xlsx",
	"internal/wholefile", "internal/signers",
}

func with(rooms ...string) []string { return append(rooms, plumbing...) }

// importTable is the line orders, toss, reconcile, refunds, reports, jobs: a
// later stage may know an earlier stage's result, never the reverse.
var importTable = []Row{
	{Room: "pay", StandardOnly: true,
		Reason: "the nouns that every stage shares stand below everything, without I/O and without a clock"},
	{Room: "approval", Knows: with("pay"),
		Reason: "what a person signs stands below all that is signed, so that its text depends on nothing but what it says"},
	{Room: "config",
		Reason: "a fault in the file is said before anything else runs; each room takes plain values, so that it can be tested without a file"},
	{Room: "orders", Knows: with("pay"),
		Reason: "the shop's records come in as nouns; it does not know what they are compared with"},
	{Room: "toss", Knows: with("pay"),
		Reason: "turns the provider's wire into nouns; what they mean for an order is reconcile's"},
	{Room: "reconcile", Knows: with("pay"),
		Reason: "the comparison is pure, so that it can be tested without a provider and without a database"},
	{Room: "refunds", Knows: with("pay", "approval", "reconcile"),
		Reason: "a refund follows from a break; the queue and the provider are interfaces that it declares"},
	{Room: "passbook", Knows: with("pay"),
		Reason: "the bank's lines come in as they are; which payout they pay is settle's"},
	{Room: "settlefile", Knows: with("pay"),
		Reason: "settlement rows come in from files as nouns; what they stand against is settle's"},
	{Room: "settle", Knows: with("pay", "passbook", "reconcile"),
		Reason: "settlement rows, payouts, passbook lines and months are held against one another as pure functions; its breaks live as reconcile's do"},
	{Room: "reports/book", Knows: with("pay", "reconcile", "refunds", "settle"),
		Reason: "what every workbook is made of stands below them all, and knows none of them"},
	{Room: "reports/refundfile", Knows: with("pay", "refunds", "reports/book"),
		Reason: "a file of people goes out and back, and has nothing of a night or a batch"},
	{Room: "reports/monthbook", Knows: with("pay", "reconcile", "settle", "reports/book"),
		Reason: "a month's workbook is a function of what settle and reconcile say of the month; it has nothing of a night"},
	{Room: "reports/voucherfile", Knows: with("pay", "settle", "reports/book"),
		Reason: "what leaves for the shop's books is a function of what settle says of a month; it has nothing of a workbook that people read"},
	{Room: "reports", Knows: with("pay", "approval", "reconcile", "refunds", "settle", "reports/book"),
		Reason: "a workbook is a function of what the night found and what the refunds did, and what people sign of them"},
	{Room: "jobs", Knows: with("pay", "orders", "reconcile", "refunds", "settle", "reports"),
		Reason: "walks the line; adapters reach it through the interfaces that it declares"},
	{Room: "app", Knows: with("pay", "approval", "orders", "passbook", "reconcile", "refunds", "settle", "settlefile", "reports", "reports/book", "reports/monthbook", "reports/refundfile", "reports/voucherfile", "jobs"),
		Reason: "what a command does, so that it can be tested without flags, a database or a provider; cmd and serve call the same function"},
	{Room: "app/doctor", Knows: with("pay", "config", "orders", "reconcile", "refunds", "jobs", "app"),
		Reason: "examines the configuration as it is written, which no other room of the line reads"},
	{Room: "app/intake", Knows: with("pay", "orders", "reconcile", "app"),
		Reason: "how orders come in is no business of what is done with them"},
	{Room: "app/closing", Knows: with("pay", "approval", "reconcile", "settle", "reports/book", "reports/monthbook", "jobs"),
		Reason: "closes a month; it knows neither nights nor refunds"},
	{Room: "store", Knows: with("pay", "approval", "orders", "passbook", "reconcile", "refunds", "settle", "reports", "jobs", "app", "app/closing", "sql", "internal/database", "internal/extsort"),
		Reason: "remembers for every room that declares what it needs; nobody but cmd knows the store"},
	{Room: "store/storetest", Knows: []string{"..."}, ForTests: true,
		Reason: "one conformance suite for both databases, written against the rooms' interfaces"},
	{Room: "sql",
		Reason: "text only: migrations and queries, embedded; it runs nothing"},
	{Room: "sandbox/browser",
		Reason: "what a buyer's browser sees of the pretend one; whose payments they are is an interface, so that it keeps nothing"},
	{Room: "sandbox/shop", StandardOnly: true,
		Reason: "a shop's developers read it as the guide in code: it knows the provider by its addresses, and nothing of ours"},
	{Room: "sandbox", Knows: []string{"sandbox/browser"},
		Reason: "a misreading of the provider must not hide on both sides, so the pretend one shares no code with ours"},
	{Room: "sandbox/console", Knows: []string{"sandbox"},
		Reason: "shows the pretend provider to people as pages; it holds a sandbox as a test does, and is wired by cmd"},
	{Room: "webhook", Knows: with("pay"),
		Reason: "verifies, stores and answers; what an event means is the job's"},
	{Room: "cmd/...", Knows: []string{"..."}, But: []string{"internal/seal", "internal/notify", "internal/deliver"},
		Reason: "wires everything together, and prints; what seals, tells people and delivers is called by app"},

	{Room: "internal/hint", StandardOnly: true, Reason: "an error with what to do next is the same in every room, so it stands below them all"},
	{Room: "internal/database", Knows: []string{"internal/hint"}, Reason: "the connections, without a table and without a word of the domain: queries come by name from who opens it"},
	{Room: "internal/extsort", Knows: []string{"internal/hint"}, Reason: "plumbing without domain words: it sorts bytes by what it is given to compare them"},
	{Room: "internal/wholefile", StandardOnly: true, Reason: "one way to put a file into its place, below all that write some"},
	{Room: "internal/table", Knows: []string{"internal/hint", "internal/written", "internal/wholefile"}, Reason: "plumbing without domain words"},
	{Room: "internal/seal", Knows: []string{"internal/hint", "internal/wholefile"}, Reason: "plumbing without domain words"},
	{Room: "internal/signers", Reason: "whose OpenSSH signature stands under a text; it knows nothing of what is signed, nor of who the people are"},
	{Room: "internal/notify", Reason: "plumbing without domain words"},
	{Room: "internal/deliver", Knows: []string{"internal/hint", "internal/wholefile"}, Reason: "plumbing without domain words"},
	{Room: "internal/terminal", Knows: []string{"internal/written"}, Reason: "plumbing without domain words"},
	{Room: "internal/written", Reason: "plumbing without domain words"},
	{Room: "internal/xlsx", Knows: []string{"internal/table", "internal/wholefile"}, Reason: "plumbing without domain words; it reads a workbook only to compare it with what it draws, or to write beside what people made"},
	{Room: "internal/tidy", ForTests: true, Reason: "checks the repository from outside, so it stands on none of it"},
	{Room: "internal/mutants", ForTests: true, Reason: "changes the program to see whether its tests notice; it stands on none of it"},
	{Room: "internal/racing", ForTests: true, StandardOnly: true, Reason: "passes over tests, so it stands below them all"},
	{Room: "internal/freeport", ForTests: true, StandardOnly: true, Reason: "finds a port for a server of a test; the program is told its own"},
	{Room: "internal/pgtest", Knows: []string{"internal/freeport"}, ForTests: true, Reason: "starts a private PostgreSQL; the program must never"},
	{Room: "internal/browsertest", ForTests: true, Reason: "starts a private Chromium; the program must never"},
	{Room: "internal/mariatest", Knows: []string{"internal/freeport"}, ForTests: true, Reason: "starts a private MariaDB; the program must never"},
	{Room: "bench/...", Knows: []string{"..."}, ForTests: true,
		Reason: "measures the real wiring from end to end"},
}

// A Keeper says which rooms may import a module from outside.
type Keeper struct {
	Module string // its import path; packages below it are meant too
	Rooms  []string
	Reason string
}

var keepers = []Keeper{
	{"github.com/jmoiron/sqlx", []string{"internal/database", "store/...", "bench/..."},
		"one room runs SQL, on connections of another, so that what differs between the databases is in one place"},
	{"github.com/lib/pq", []string{"internal/database", "cmd/daesa", "internal/pgtest", "bench/..."},
		"one room knows drivers and what their errors mean; the shop's own database is opened by cmd and given to orders as a connection"},
	{"github.com/go-sql-driver/mysql", []string{"internal/database", "internal/mariatest"},
		"as for lib/pq; the shop's database alone is ever MySQL"},
	{"modernc.org/sqlite", []string{"internal/database", "cmd/daesa", "bench/..."},
		"as for lib/pq"},
	{"github.com/nicholas-fedor/shoutrrr", []string{"internal/notify"},
		"its errors repeat the addresses, which are secrets; one room drops its words"},
	{"github.com/minio/minio-go/v7", []string{"internal/deliver"},
		"one room brings files to other places"},
	{"github.com/wneessen/go-mail", []string{"internal/deliver"},
		"as for minio-go; what a mail server answers may repeat a password"},
	{"github.com/chromedp", []string{"internal/browsertest"},
		"one room starts a browser, for tests alone"},
	{"github.com/richardlehane/mscfb", []string{"internal/table"},
		"one room opens files of people"},
	{"golang.org/x/net/publicsuffix", []string{"sandbox/..."},
		"which hosts are one site is asked where a page says where it sends a browser"},
	{"golang.org/x/net/html", []string{"internal/table", "sandbox/..."},
		"as for mscfb"},
	{"github.com/hiddeco/sshsig", []string{"internal/signers"},
		"one room says whose signature it is, by two ways that are held against ssh-keygen"},
	{"golang.org/x/crypto/ssh", []string{"internal/signers"},
		"as for sshsig"},
	{"github.com/xuri/excelize/v2", []string{"internal/xlsx", "internal/table", "bench/..."},
		"one room writes workbooks, and one reads them: no cell becomes a formula, no limit is forgotten"},
}

// Imports finds imports that the import table does not allow, and rooms that
// have no row in it.
func Imports(tree *Tree) []Finding {
	var found []Finding
	for _, room := range tree.rooms() {
		if _, ok := rowOf(room); !ok {
			found = append(found, Finding{room, "this package has no row in the import table: " +
				"add one to importTable in internal/tidy/imports.go, with what it may know and why"})
		}
	}
	for _, file := range tree.Files {
		if !file.Test {
			found = append(found, importsOf(tree, file)...)
		}
	}
	return found
}

func importsOf(tree *Tree, file *File) []Finding {
	row, ok := rowOf(file.Room)
	if !ok {
		return nil // said once for the room
	}
	var found []Finding
	for _, spec := range file.syntax.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser has checked it
		}
		if room, ours := ownRoom(imported); ours {
			if what := judgeOwn(row, file.Room, room); what != "" {
				found = append(found, tree.at(spec.Pos(), "%s", what))
			}
			continue
		}
		if row.StandardOnly && !standard(imported) {
			found = append(found, tree.at(spec.Pos(), "%s uses the standard library only, not %s", file.Room, imported))
		}
		for _, keeper := range keepers {
			if matches(keeper.Module+"/...", imported) && !matchesAny(keeper.Rooms, file.Room) {
				found = append(found, tree.at(spec.Pos(), "only %s may import %s: %s",
					strings.Join(keeper.Rooms, ", "), keeper.Module, keeper.Reason))
			}
		}
	}
	return found
}

// judgeOwn says what is wrong with one room's import of another; nothing is
// wrong when it says nothing.
func judgeOwn(row Row, from, to string) string {
	target, known := rowOf(to)
	switch {
	case !matchesAny(row.Knows, to) || matchesAny(row.But, to):
		return from + " must not know " + to + ": " + row.Reason
	case known && target.ForTests && !row.ForTests:
		return from + " must not know " + to + ", which is for tests: " + target.Reason
	}
	return ""
}

func rowOf(room string) (Row, bool) {
	for _, row := range importTable {
		if matches(row.Room, room) {
			return row, true
		}
	}
	return Row{}, false
}

// ownRoom returns the room behind an import path of this module.
func ownRoom(imported string) (string, bool) {
	if imported == module {
		return ".", true
	}
	return strings.CutPrefix(imported, module+"/")
}

// standard says whether a path belongs to the standard library: its first
// element has no dot.
func standard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".")
}
