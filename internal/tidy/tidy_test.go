package tidy

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// repository parses the module that this test stands in.
func repository(t *testing.T) *Tree {
	t.Helper()
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		if root == filepath.Dir(root) {
			t.Fatal("no go.mod above the test")
		}
		root = filepath.Dir(root)
	}
	tree, err := Load(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	if len(tree.Files) == 0 {
		t.Fatal("no Go file was found")
	}
	return tree
}

func TestRepository(t *testing.T) {
	tree := repository(t)
	checks := []struct {
		name  string
		check func(*Tree) ([]Finding, error)
	}{
		{"imports", alwaysReadable(Imports)},
		{"banned calls", alwaysReadable(Bans)},
		{"lengths", alwaysReadable(Lengths)},
		{"words", alwaysReadable(Words)},
		{"doc comments", alwaysReadable(DocComments)},
		{"dependencies", Dependencies},
		{"front page", FrontPage},
		{"table of rooms", RoomTable},
	}
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			found, err := c.check(tree)
			if err != nil {
				t.Fatal(err)
			}
			for _, finding := range found {
				t.Error(finding)
			}
		})
	}
}

func alwaysReadable(check func(*Tree) []Finding) func(*Tree) ([]Finding, error) {
	return func(tree *Tree) ([]Finding, error) { return check(tree), nil }
}

// The import table has a row for each room that is there, and none for others.
func TestEveryRowIsOfARoom(t *testing.T) {
	tree := repository(t)
	for _, row := range importTable {
		if !slices.ContainsFunc(tree.Files, func(file *File) bool { return matches(row.Room, file.Room) }) {
			t.Errorf("row %s: there is no such room", row.Room)
		}
	}
}

// Every rule says why it is there.
func TestEveryRowHasAReason(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range importTable {
		if row.Reason == "" || seen[row.Room] {
			t.Errorf("row %s: no reason, or there twice", row.Room)
		}
		seen[row.Room] = true
		for _, known := range row.Knows {
			if _, ok := rowOf(known); !ok && known != "..." {
				t.Errorf("row %s knows %s, which has no row", row.Room, known)
			}
		}
	}
	for _, keeper := range keepers {
		if keeper.Reason == "" || len(keeper.Rooms) == 0 {
			t.Errorf("keeper of %s: no reason or no room", keeper.Module)
		}
	}
	for _, ban := range bans {
		if ban.Reason == "" {
			t.Errorf("ban of %s %v: no reason", ban.Package, ban.Names)
		}
	}
	for _, list := range []map[string]string{mayPanic, mayFloat} {
		for key, reason := range list {
			if reason == "" {
				t.Errorf("exception %s: no reason", key)
			}
		}
	}
}
