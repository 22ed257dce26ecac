package app_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"daesa/app"
	"daesa/app/doctor"
	"daesa/internal/hint"
)

// HasEntry: the fake's entries are 1 to length.
func (j *journal) HasEntry(_ context.Context, seq int64, hash string) (bool, error) {
	return seq <= j.length && hash == hashOf(seq), nil
}

func keeper(t *testing.T, j *journal) *app.HeadKeeper {
	t.Helper()
	return app.NewHeadKeeper(filepath.Join(t.TempDir(), "account.key.head"), j)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestADatabaseThatLacksTheKeptEntryIsRefused(t *testing.T) {
	t.Parallel()
	j := &journal{length: 900}
	k := keeper(t, j)
	must(t, k.Check(t.Context())) // nothing is kept yet
	must(t, k.Keep(t.Context(), noon, true))
	j.length = 950
	must(t, k.Check(t.Context()))
	j.length = 899 // restored from a copy
	err := k.Check(t.Context())
	var behind *app.BehindError
	if !errors.As(err, &behind) || behind.Path != k.Path() || hint.WordOf(err) != "database_behind" || hint.Of(err) == "" {
		t.Error(err)
	}
}

func TestAHeadThatCannotBeReadRefusesToo(t *testing.T) {
	t.Parallel()
	k := keeper(t, &journal{length: 900})
	must(t, os.WriteFile(k.Path(), []byte("half a fi"), 0o600))
	if err := k.Check(t.Context()); err == nil || hint.Of(err) == "" {
		t.Error(err)
	}
	if _, err := k.CheckChain(t.Context(), noon, true); err == nil {
		t.Error("the chain is called checked")
	}
}

func TestTheHeadIsKeptOnceASecondUnlessItMust(t *testing.T) {
	t.Parallel()
	j := &journal{length: 1}
	k := keeper(t, j)
	newest := func() int64 {
		j.length = 1000
		defer func() { j.length = 1 }()
		for at := int64(1000); at > 0; at-- { // the entry that is kept is the newest that Check needs
			if j.length = at; k.Check(t.Context()) != nil {
				return at + 1
			}
		}
		return 1
	}
	for _, step := range []struct {
		after  time.Duration
		must   bool
		length int64
		kept   int64
	}{
		{0, false, 5, 5},
		{999 * time.Millisecond, false, 6, 5},
		{999 * time.Millisecond, true, 7, 7},
		{2 * time.Second, false, 8, 8},
	} {
		j.length = step.length
		must(t, k.Keep(t.Context(), noon.Add(step.after), step.must))
		if got := newest(); got != step.kept {
			t.Errorf("after %s entry %d is kept, expected %d", step.after, got, step.kept)
		}
	}
}

func TestWhatWasCheckedOfTheChainIsKeptWithTheHead(t *testing.T) {
	t.Parallel()
	j := &journal{length: 900}
	k := keeper(t, j)
	walked := func(whole bool) int64 {
		t.Helper()
		_, err := k.CheckChain(t.Context(), noon, whole)
		must(t, err)
		must(t, k.Keep(t.Context(), noon, true))
		return j.from[len(j.from)-1]
	}
	if from := walked(false); from != 0 {
		t.Errorf("the first walk begins at %d", from)
	}
	if from := walked(false); from != 900 {
		t.Errorf("the next begins at %d, where the last ended", from)
	}
	if from := walked(true); from != 0 {
		t.Errorf("the whole walk begins at %d", from)
	}
	must(t, k.Verified(app.Verified{Entries: 900, Head: hashOf(900), Broken: []string{"entry 5 was changed"}}, noon))
	if from := walked(false); from != 0 {
		t.Errorf("after a broken chain the walk begins at %d", from)
	}
	must(t, k.Verified(app.Verified{Entries: 850, Head: hashOf(850)}, noon))
	if from := walked(false); from != 850 {
		t.Errorf("after a verified chain the walk begins at %d", from)
	}
}

func TestWithoutAPlaceNothingIsKept(t *testing.T) {
	t.Parallel()
	k := app.NewHeadKeeper("", &journal{length: 900})
	must(t, k.Keep(t.Context(), noon, true))
	must(t, k.Verified(app.Verified{}, noon))
	must(t, k.Check(t.Context()))
	if checked, err := k.CheckChain(t.Context(), noon, false); err != nil || !checked.Whole.IsZero() {
		t.Errorf("%+v %v", checked, err)
	}
}

func TestTheDoctorLooksAtTheHeadAndTheChain(t *testing.T) {
	t.Parallel()
	state := func(j *journal, k *app.HeadKeeper) (states []doctor.Health) {
		var x doctor.Examination
		x.Head(t.Context(), k)
		x.Journal(t.Context(), k, noon)
		for _, f := range x.Findings {
			states = append(states, f.State)
		}
		return states
	}
	j := &journal{length: 900}
	k := keeper(t, j)
	must(t, k.Keep(t.Context(), noon, true))
	if got := state(j, k); !slices.Equal(got, []doctor.Health{doctor.Healthy, doctor.Healthy}) {
		t.Errorf("as it should be: %v", got)
	}
	j.length, j.broken = 899, []string{"entry 5 was changed"}
	if got := state(j, k); !slices.Equal(got, []doctor.Health{doctor.Broken, doctor.Broken}) {
		t.Errorf("behind, and broken: %v", got)
	}
	j.broken = nil
	if got := state(j, app.NewHeadKeeper("", j)); !slices.Equal(got, []doctor.Health{doctor.Ailing, doctor.Healthy}) {
		t.Errorf("kept nowhere: %v", got)
	}
}
