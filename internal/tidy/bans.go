package tidy

import (
	"go/ast"
	"go/token"
	"path"
	"strconv"
	"strings"
)

// A Ban is a package, or some names of it, that must not be used.
type Ban struct {
	Package string
	Names   []string // none: the whole package
	Except  []string // rooms where it is allowed
	Tests   bool     // banned in tests too
	Reason  string
}

var bans = []Ban{
	{Package: "time", Names: []string{"Now", "Since", "Until"},
		Except: []string{"cmd/...", "sandbox/...", "internal/pgtest", "internal/mariatest", "bench/..."},
		Reason: "the instant is taken once for a unit of work, by cmd, and passed down"},
	{Package: "fmt", Names: []string{"Print", "Printf", "Println"},
		Except: []string{"cmd/...", "bench/..."},
		Reason: "stdout is the command's result, which cmd writes; everybody else takes an io.Writer"},
	{Package: "os", Names: []string{"Stdout"},
		Except: []string{"cmd/...", "bench/..."},
		Reason: "stdout is the command's result, which cmd writes; everybody else takes an io.Writer"},
	{Package: "os", Names: []string{"Getenv", "LookupEnv", "Environ", "ExpandEnv"},
		Except: []string{"cmd/...", "internal/pgtest", "internal/mariatest", "internal/browsertest", "bench/..."},
		Reason: "cmd reads the environment; everybody else is given values, or a function to look one up"},
	{Package: "os", Names: []string{"Exit"},
		Except: []string{"cmd/...", "bench/..."},
		Reason: "exit codes are cmd's, and deferred calls must run"},
	{Package: "os", Names: []string{"Rename"},
		// A rotation of the key ends its lock by the rename; the sandbox shares no
		// code with ours.
		Except: []string{"internal/wholefile", "internal/seal", "sandbox/..."},
		Reason: "internal/wholefile puts a file into its place, whole and down to the disk"},
	{Package: "net/http", Names: []string{"DefaultClient", "DefaultTransport"}, Tests: true,
		// Shoutrrr sends by them; a test there leads what it sends to itself.
		Except: []string{"internal/notify"},
		Reason: "it has no time-out, and anybody may change it"},
	{Package: "net/http", Names: []string{"Get", "Head", "Post", "PostForm"},
		Reason: "these use the default client, which has no time-out"},
	{Package: "math/rand", Tests: true,
		Reason: "use math/rand/v2 with a seed of one's own, or crypto/rand"},
	{Package: "log", Tests: true,
		Reason: "use log/slog"},
}

// mayPanic lists declarations that may panic: "room.Declaration" and why it
// can only be a mistake of ours, which a test finds. Needing no entry: tests,
// functions whose name begins with must or Must, and
// panic(http.ErrAbortHandler), by which a handler drops its connection.
var mayPanic = map[string]string{
	"config.decoder.assign":         "a field of the configuration with a type that no rule reads",
	"config.Config.digest":          "a field of the configuration that cannot be written as JSON",
	"config.Template":               "the embedded template of daesa.yaml",
	"sandbox.builder.pay":           "the sandbox's made-up history contains a payment that cannot be",
	"sandbox.builder.refund":        "the sandbox's made-up history contains a cancel that cannot be",
	"sandbox.refuse":                "an error code that is not in the sandbox's own table",
	"sandbox.ledger.stepOf":         "a row of the sandbox's ledger without the step that made it",
	"store.entry":                   "facts of a journal row that cannot be written as JSON",
	"store.columnText":              "a column that the type of a row does not have; the lists of columns are constants",
	"store.newDecoder":              "wrong options for the decompressor, which are constants",
	"store.newEncoder":              "wrong options for the compressor, which are constants",
	"internal/database.DB.compiled": "a query's name that is not among the embedded files",
}

// moneyRooms are the rooms where no number may be a float.
var moneyRooms = []string{"pay", "toss", "orders", "reconcile", "refunds", "passbook", "settle", "store"}

// mayFloat lists declarations of the money rooms that may use floats:
// "room.Declaration" and why. What is here must never hold money.
var mayFloat = map[string]string{
	"orders.Query.text": "recognises a driver's floating-point value in order to refuse it",
}

// mayReadErrors lists functions that may look into an error's text:
// "room.Function" and why. Facts travel as types.
var mayReadErrors = map[string]string{
	"config.noYAML":               "the YAML library says a fault and its line in its text alone",
	"internal/database.onStandby": "the driver has no type for a session that may not write",
}

// Bans finds uses of what the tables above forbid, and entries of the
// lists of exceptions that nothing needs any more.
func Bans(tree *Tree) []Finding {
	return checkBans(tree, &exceptions{panics: mayPanic, floats: mayFloat, errorTexts: mayReadErrors})
}

// exceptions are the lists, and which of their entries some code needs.
type exceptions struct {
	panics, floats, errorTexts map[string]string
	used                       map[string]bool
}

func checkBans(tree *Tree, except *exceptions) []Finding {
	except.used = map[string]bool{}
	var found []Finding
	for _, file := range tree.Files {
		found = append(found, bannedNames(tree, file)...)
		if file.Test {
			continue
		}
		for _, decl := range file.syntax.Decls {
			found = append(found, panics(tree, file, decl, except)...)
			found = append(found, floats(tree, file, decl, except)...)
			found = append(found, errorTexts(tree, file, decl, except)...)
		}
	}
	return append(found, except.unneeded(tree)...)
}

// bannedNames looks at selectors of an imported package's name. A dot import
// would hide them, so it counts as a use.
func bannedNames(tree *Tree, file *File) []Finding {
	var found []Finding
	local := map[string][]Ban{} // by the name under which the file knows a package
	for _, spec := range file.syntax.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value) // the parser has checked it
		for _, ban := range bans {
			if ban.Package != imported || file.Test && !ban.Tests || matchesAny(ban.Except, file.Room) {
				continue
			}
			name := path.Base(imported)
			if spec.Name != nil {
				name = spec.Name.Name
			}
			if len(ban.Names) == 0 || name == "." {
				found = append(found, tree.at(spec.Pos(), "%s must not be imported so: %s", imported, ban.Reason))
			}
			local[name] = append(local[name], ban)
		}
	}
	ast.Inspect(file.syntax, func(node ast.Node) bool {
		selector, ok := node.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		base, ok := selector.X.(*ast.Ident)
		if !ok {
			return true
		}
		for _, ban := range local[base.Name] {
			for _, name := range ban.Names {
				if selector.Sel.Name == name {
					found = append(found, tree.at(node.Pos(), "%s.%s is banned here: %s", ban.Package, name, ban.Reason))
				}
			}
		}
		return true
	})
	return found
}

func panics(tree *Tree, file *File, decl ast.Decl, except *exceptions) []Finding {
	key := file.Room + "." + nameOf(decl)
	if strings.HasPrefix(strings.ToLower(nameOf(decl)), "must") {
		return nil
	}
	var found []Finding
	ast.Inspect(decl, func(node ast.Node) bool {
		call, ok := node.(*ast.CallExpr)
		if !ok {
			return true
		}
		if name, ok := call.Fun.(*ast.Ident); ok && name.Name == "panic" && !abortsHandler(call) {
			except.used[key] = true
			if except.panics[key] == "" {
				found = append(found, tree.at(call.Pos(), "panic is for tests and for functions named must...: "+
					"return an error, or add %q to mayPanic in internal/tidy/bans.go with a reason", key))
			}
		}
		return true
	})
	return found
}

// abortsHandler says whether a call is panic(http.ErrAbortHandler), which
// net/http asks for.
func abortsHandler(call *ast.CallExpr) bool {
	if len(call.Args) != 1 {
		return false
	}
	selector, ok := call.Args[0].(*ast.SelectorExpr)
	return ok && selector.Sel.Name == "ErrAbortHandler"
}

// errorTexts finds calls of the package strings, and comparisons, that look into
// what Error gives.
func errorTexts(tree *Tree, file *File, decl ast.Decl, except *exceptions) []Finding {
	if isForTests(file.Room) {
		return nil
	}
	key := file.Room + "." + nameOf(decl)
	var found []Finding
	look := func(at ast.Node, parts ...ast.Expr) {
		for _, part := range parts {
			call, ok := part.(*ast.CallExpr)
			if !ok || len(call.Args) > 0 {
				continue
			}
			if method, ok := call.Fun.(*ast.SelectorExpr); !ok || method.Sel.Name != "Error" {
				continue
			}
			except.used[key] = true
			if except.errorTexts[key] == "" {
				found = append(found, tree.at(at.Pos(), "the text of an error is looked into: facts travel as types (errors.Is, errors.As); "+
					"where a library has none, add %q to mayReadErrors in internal/tidy/bans.go with a reason", key))
			}
		}
	}
	ast.Inspect(decl, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.CallExpr:
			if function, ok := node.Fun.(*ast.SelectorExpr); ok {
				if of, ok := function.X.(*ast.Ident); ok && of.Name == "strings" {
					look(node, node.Args...)
				}
			}
		case *ast.BinaryExpr:
			if node.Op == token.EQL || node.Op == token.NEQ {
				look(node, node.X, node.Y)
			}
		}
		return true
	})
	return found
}

func floats(tree *Tree, file *File, decl ast.Decl, except *exceptions) []Finding {
	if !matchesAny(moneyRooms, file.Room) {
		return nil
	}
	key := file.Room + "." + nameOf(decl)
	var found []Finding
	ast.Inspect(decl, func(node ast.Node) bool {
		var what string
		switch node := node.(type) {
		case *ast.Ident:
			if node.Name == "float64" || node.Name == "float32" || node.Name == "ParseFloat" {
				what = node.Name
			}
		case *ast.BasicLit:
			if node.Kind == token.FLOAT {
				what = node.Value
			}
		}
		if what == "" {
			return true
		}
		except.used[key] = true
		if except.floats[key] == "" {
			found = append(found, tree.at(node.Pos(), "%s: money is never a float; "+
				"if this is a ratio, add %q to mayFloat in internal/tidy/bans.go with a reason", what, key))
		}
		return true
	})
	return found
}

// unneeded returns exceptions that no code uses, so that the lists shrink. An
// exception for a room that is not there is left alone.
func (e *exceptions) unneeded(tree *Tree) []Finding {
	var found []Finding
	for _, list := range []map[string]string{e.panics, e.floats, e.errorTexts} {
		for key := range list {
			room, _, _ := strings.Cut(key, ".")
			for _, existing := range tree.rooms() {
				if existing == room && !e.used[key] {
					found = append(found, Finding{key, "no exception is needed any more: " +
						"remove it from internal/tidy/bans.go"})
				}
			}
		}
	}
	return found
}

// nameOf returns the declaration's name: of a method, Type.Method; of a group
// of variables or types, the first one.
func nameOf(decl ast.Decl) string {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		if receiver := receiverOf(decl); receiver != "" {
			return receiver + "." + decl.Name.Name
		}
		return decl.Name.Name
	case *ast.GenDecl:
		for _, spec := range decl.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				return spec.Name.Name
			case *ast.ValueSpec:
				return spec.Names[0].Name
			}
		}
	}
	return ""
}

// receiverOf returns the name of a method's type, without star and parameters.
func receiverOf(decl *ast.FuncDecl) string {
	if decl.Recv == nil || len(decl.Recv.List) == 0 {
		return ""
	}
	expr := decl.Recv.List[0].Type
	for {
		switch e := expr.(type) {
		case *ast.StarExpr:
			expr = e.X
		case *ast.IndexExpr:
			expr = e.X
		case *ast.IndexListExpr:
			expr = e.X
		case *ast.Ident:
			return e.Name
		default:
			return ""
		}
	}
}
