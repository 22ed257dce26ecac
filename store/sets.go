package store

import (
	"fmt"
	"sync"

	"daesa/jobs"
	"daesa/reconcile"
	"daesa/refunds"
	"daesa/settle"
	sqlfiles "daesa/sql"
)

// Queries gives the text of every query by its name, as it runs. They are the same for
// every database of a kind, and nobody changes them.
func Queries(d sqlfiles.Dialect) (map[string]string, error) {
	if d == sqlfiles.Postgres {
		return postgresQueries()
	}
	return sqliteQueries()
}

var (
	sqliteQueries   = sync.OnceValues(func() (map[string]string, error) { return sqlfiles.Queries(sqlfiles.SQLite, querySets()) })
	postgresQueries = sync.OnceValues(func() (map[string]string, error) { return sqlfiles.Queries(sqlfiles.Postgres, querySets()) })
)

// querySets are the states that the queries ask for by name, each as the room
// that knows what they mean lists them.
func querySets() sqlfiles.Sets {
	sets := sqlfiles.Sets{}
	mustAdd(sets, refunds.Sets)
	mustAdd(sets, refunds.PaymentSets)
	mustAdd(sets, refunds.ManualSets)
	mustAdd(sets, refunds.CaptureSets)
	mustAdd(sets, reconcile.Sets)
	mustAdd(sets, jobs.Sets)
	mustAdd(sets, settle.Sets)
	return sets
}

func mustAdd[S ~string](sets sqlfiles.Sets, of map[string][]S) {
	for name, states := range of {
		if _, twice := sets[name]; twice {
			panic(fmt.Sprintf("store: two sets of states have the name %s", name))
		}
		for _, state := range states {
			sets[name] = append(sets[name], string(state))
		}
	}
}
