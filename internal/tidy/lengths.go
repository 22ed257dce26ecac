package tidy

import (
	"fmt"
	"go/ast"
	"sort"
)

// Limits in lines. A function's table literals are not counted: a table is
// read row by row.
const (
	maxFile         = 600
	maxFunction     = 70
	maxTestFile     = 900
	maxTestFunction = 150
)

// tooLong is the ratchet: "path" or "path:Function" and the number of lines
// that it has today. A number may only fall, and an entry that is within the
// limit must go.
var tooLong = map[string]int{}

// Lengths finds files and functions that are too long.
func Lengths(tree *Tree) []Finding { return lengths(tree, tooLong) }

func lengths(tree *Tree, ratchet map[string]int) []Finding {
	var found []Finding
	left := map[string]int{}
	for key, lines := range ratchet {
		left[key] = lines
	}
	judge := func(key, where string, lines, limit int) {
		allowed, listed := left[key]
		delete(left, key)
		switch {
		case !listed && lines > limit:
			found = append(found, Finding{where, fmt.Sprintf("%d lines, at most %d: split it", lines, limit)})
		case listed && lines > allowed:
			found = append(found, Finding{where, fmt.Sprintf("%d lines, it may only shrink from %d", lines, allowed)})
		case listed && lines <= limit:
			found = append(found, Finding{where, fmt.Sprintf("%d lines are within the limit: remove %q from tooLong", lines, key)})
		}
	}
	for _, file := range tree.Files {
		fileLimit, functionLimit := maxFile, maxFunction
		if file.Test || isForTests(file.Room) {
			fileLimit, functionLimit = maxTestFile, maxTestFunction
		}
		judge(file.Path, file.Path, file.Lines, fileLimit)
		for _, decl := range file.syntax.Decls {
			function, ok := decl.(*ast.FuncDecl)
			if !ok || function.Body == nil {
				continue
			}
			where := fmt.Sprintf("%s:%d: %s", file.Path, tree.line(function.Pos()), nameOf(function))
			judge(file.Path+":"+nameOf(function), where, functionLines(tree, function), functionLimit)
		}
	}
	return append(found, goneFrom(left)...)
}

func goneFrom(left map[string]int) []Finding {
	var found []Finding
	for key := range left {
		found = append(found, Finding{key, "is not there any more: remove it from tooLong in internal/tidy/lengths.go"})
	}
	sort.Slice(found, func(i, j int) bool { return found[i].Where < found[j].Where })
	return found
}

// isForTests says whether a room's code is test code in ordinary files.
func isForTests(room string) bool {
	row, ok := rowOf(room)
	return ok && row.ForTests && !matches("bench/...", room)
}

// functionLines counts from the signature to the closing brace, less the
// inner lines of the outermost slice, array and map literals.
func functionLines(tree *Tree, function *ast.FuncDecl) int {
	lines := tree.line(function.End()) - tree.line(function.Type.Pos()) + 1
	ast.Inspect(function.Body, func(node ast.Node) bool {
		literal, ok := node.(*ast.CompositeLit)
		if !ok {
			return true
		}
		switch literal.Type.(type) {
		case *ast.ArrayType, *ast.MapType:
			lines -= max(0, tree.line(literal.Rbrace)-tree.line(literal.Lbrace)-1)
			return false
		}
		return true
	})
	return lines
}
