package refunds

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// words of a list of states, as the table of docs/states.md writes them.
func words(states []State) string {
	texts := make([]string, len(states))
	for i, state := range states {
		if state == "" {
			texts[i] = "(new)"
			continue
		}
		texts[i] = "`" + string(state) + "`"
	}
	return strings.Join(texts, ", ")
}

func TestTheMovesAreThoseOfTheDocumentedTable(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/states.md")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, m := range Moves {
		want = append(want, fmt.Sprintf("| %s | %s | %s |", words(m.From), words(m.To), m.Because))
	}
	_, after, found := strings.Cut(string(text), "| from | to | because |\n|---|---|---|\n")
	if !found {
		t.Fatal("docs/states.md has no table of moves")
	}
	table, _, _ := strings.Cut(after, "\n\n")
	if diff := cmp.Diff(want, strings.Split(table, "\n")); diff != "" {
		t.Errorf("docs/states.md and Moves differ (-Moves +docs):\n%s", diff)
	}
}

func TestThePictureDrawsEveryMove(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/states.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "## A refund request")
	drawn := map[string]bool{}
	for _, arrow := range regexp.MustCompile(`(?m)^    (\S+) --> (\w+)`).FindAllStringSubmatch(section, -1) {
		drawn[arrow[1]+" "+arrow[2]] = true
	}
	for _, m := range Moves {
		for _, from := range m.From {
			for _, to := range m.To {
				name := string(from)
				if from == "" {
					name = "[*]"
				}
				if !drawn[name+" "+string(to)] {
					t.Errorf("the picture lacks %s --> %s", name, to)
				}
				delete(drawn, name+" "+string(to))
			}
		}
	}
	for arrow := range drawn {
		if fields := strings.Fields(arrow); fields[0] != "[*]" && !MayMove(State(fields[0]), State(fields[1])) {
			t.Errorf("the picture draws %s, which is no move", arrow)
		}
	}
}

func TestTheDatabaseKnowsTheSameStates(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../sql/migrations/00001_first.sql")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "CREATE TABLE refunds")
	found := regexp.MustCompile(`CHECK \(state IN \(([^)]*)\)\)`).FindStringSubmatch(table)
	if found == nil {
		t.Fatal("the table of refunds has no CHECK of its states")
	}
	var have []State
	for _, word := range strings.Split(found[1], ",") {
		have = append(have, State(strings.Trim(word, "'")))
	}
	if diff := cmp.Diff(States, have); diff != "" {
		t.Errorf("the enum and the CHECK differ (-enum +CHECK):\n%s", diff)
	}
}

// Terminal states have no way out, every state has a way in, and what is open
// has one out.
func TestTheMovesLeaveNoRequestStranded(t *testing.T) {
	t.Parallel()
	for _, state := range States {
		in := slices.ContainsFunc(Moves, func(m Move) bool { return slices.Contains(m.To, state) })
		out := slices.ContainsFunc(Moves, func(m Move) bool { return slices.Contains(m.From, state) })
		if !in {
			t.Errorf("nothing comes to %s", state)
		}
		if out != (state.Open() || state == StateAccepted) {
			t.Errorf("%s: a way out: %v", state, out)
		}
	}
}
