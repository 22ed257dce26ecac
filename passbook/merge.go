package passbook

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"daesa/pay"
)

// Merged is what a statement brings to an account.
type Merged struct {
	Inserted  []Line // new ones, in time order, with their IDs
	Unchanged int    // lines that are stored already
	Gaps      []Gap  // where the balance does not tie, over the stored lines that were given and the new ones
	Checked   int    // pairs of balances that were compared
}

// Merge compares a statement with the stored lines of its account: at least
// those of the days from its first line to its last one, and of the nearest day
// with lines on either side, so that the balance is held against neighbours. More
// do no harm. account is the account's name in the configuration.
//
// Which line is which. No bank gives every line an id, so a line is known by what
// it says. Two lines are one where day, direction, amount and currency are equal,
// and nothing that both of them say differs:
//
//   - the balance after it, where both files state one;
//   - the time of day, as exactly as both give it: 14:05 and 14:05:33 are one time,
//     and a line without a time has any;
//   - the bank's reference, where both were read by one layout and have one;
//   - the payer, where both were read by one layout, and neither balance nor
//     reference says that they are one: another layout may cut a name, or show
//     another one.
//
// Each stored line stands for one line of the file at most, the surest pairs
// first. So what a file has more often than the store is new: two equal deposits
// of a day are two, and the same file again brings nothing. Where nothing tells
// equal lines of a day apart, neither balance nor time nor payer, the store holds
// as many as the file that has most of them; that is right as long as each file
// has its days from their beginning, as banks give them.
func Merge(account string, stored []Line, statement Statement) Merged {
	known := pairUp(stored, statement.Lines)
	merged := Merged{}
	count := map[string]int{} // stored lines of each print
	for _, l := range stored {
		count[l.print(account)]++
	}
	for i, line := range statement.Lines {
		if known[i] {
			merged.Unchanged++
			continue
		}
		print := line.print(account)
		count[print]++
		line.ID = "l" + pay.ShortHash(print, strconv.Itoa(count[print]))[:15]
		merged.Inserted = append(merged.Inserted, line)
	}
	merged.Gaps, merged.Checked = Gaps(slices.Concat(stored, merged.Inserted))
	return merged
}

// print is what a line's ID is made of, beside how many lines have said the same
// before. It holds nothing personal.
func (l Line) print(account string) string {
	balance := ""
	if l.BalanceFrom == Stated {
		balance = strconv.FormatInt(l.Balance, 10)
	}
	return fmt.Sprint(account, "\x00", l.At.In(pay.Seoul).Format(time.DateTime), "\x00", l.Clock, "\x00", l.Kind, "\x00", l.Amount, "\x00", l.Currency, "\x00", balance)
}

// likeness is one degree of sureness with which a line of a file is a stored one.
type likeness struct {
	ref          bool  // the bank's reference is equal; else one of the two has none
	balance      bool  // both state a balance, and it is equal; else one of the two states none
	file, stored Clock // how exactly each gives its time
	payer        bool  // the payer is equal
}

// likenesses are all of them, the surest first: the equal reference, then the
// balance, the time, the payer.
var likenesses = func() []likeness {
	var list []likeness
	both, clocks := []bool{true, false}, []Clock{ToSecond, ToMinute, DayOnly}
	for _, ref := range both {
		for _, balance := range both {
			for _, least := range clocks {
				for _, payer := range both {
					for _, file := range clocks {
						for _, stored := range clocks {
							if min(file, stored) == least {
								list = append(list, likeness{ref, balance, file, stored, payer})
							}
						}
					}
				}
			}
		}
	}
	return list
}()

// likeKey is what two lines have equal.
type likeKey struct {
	day      pay.Day
	kind     Kind
	amount   int64
	currency pay.Currency
	seconds  int64 // as exactly as both give the time
	balance  int64
	ref      string
	payer    pay.Private
}

func (k likeness) key(l Line) likeKey {
	key := likeKey{day: l.Day(), kind: l.Kind, amount: l.Amount, currency: l.Currency}
	switch min(k.file, k.stored) {
	case ToSecond:
		key.seconds = l.At.Unix()
	case ToMinute:
		key.seconds = l.At.Unix() / 60
	default:
	}
	if k.balance {
		key.balance = l.Balance
	}
	if k.ref {
		key.ref = l.Ref
	}
	if k.payer {
		key.payer = l.Payer
	}
	return key
}

// mayStore says whether a stored line can be a pair of this likeness.
func (k likeness) mayStore(l Line, layout string) bool {
	sameLayout := l.Layout == layout
	switch {
	case l.Clock != k.stored, k.balance && l.BalanceFrom != Stated, k.ref && (!sameLayout || l.Ref == ""):
		return false
	case k.balance || k.ref || k.payer:
		return true
	}
	return !sameLayout || l.Payer == "" // erased, or never known
}

// mayFile says the same of a line of the file.
func (k likeness) mayFile(l Line) bool {
	return l.Clock == k.file && (!k.balance || l.BalanceFrom == Stated) && (!k.ref || l.Ref != "")
}

// waiting are stored lines of one key that nobody has taken, apart by what would
// speak against a line of the file that says it, too: bit 0, that they state a
// balance; bit 1, that they have a reference of the file's layout.
type waiting [4][]int

const (
	statesBalance = 1
	hasReference  = 2
)

// take gives the first stored line against which nothing speaks; -1: none.
func (w *waiting) take(barred int) int {
	best := -1
	for class := range w {
		if class&barred == 0 && len(w[class]) > 0 && (best < 0 || w[class][0] < w[best][0]) {
			best = class
		}
	}
	if best < 0 {
		return -1
	}
	taken := w[best][0]
	w[best] = w[best][1:]
	return taken
}

// pairUp says of each line of a file whether it is one of the stored ones.
func pairUp(stored, file []Line) []bool {
	paired, taken := make([]bool, len(file)), make([]bool, len(stored))
	if len(file) == 0 {
		return paired
	}
	layout := file[0].Layout
	for _, how := range likenesses {
		if !slices.ContainsFunc(file, how.mayFile) {
			continue
		}
		free := map[likeKey]*waiting{}
		for i, l := range stored {
			if taken[i] || !how.mayStore(l, layout) {
				continue
			}
			key, class := how.key(l), 0
			if free[key] == nil {
				free[key] = new(waiting)
			}
			if !how.balance && l.BalanceFrom == Stated {
				class |= statesBalance
			}
			if !how.ref && l.Ref != "" && l.Layout == layout {
				class |= hasReference
			}
			free[key][class] = append(free[key][class], i)
		}
		if len(free) > 0 {
			how.pair(free, file, paired, taken)
		}
	}
	return paired
}

// pair gives each line of the file that has none yet a stored one of its key.
func (k likeness) pair(free map[likeKey]*waiting, file []Line, paired, taken []bool) {
	for i, l := range file {
		if paired[i] || !k.mayFile(l) {
			continue
		}
		barred := 0
		if l.BalanceFrom == Stated {
			barred |= statesBalance
		}
		if l.Ref != "" {
			barred |= hasReference
		}
		if list := free[k.key(l)]; list != nil {
			if at := list.take(barred); at >= 0 {
				taken[at], paired[i] = true, true
			}
		}
	}
}
