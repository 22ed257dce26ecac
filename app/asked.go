package app

import (
	"context"
	"errors"
	"fmt"

	"daesa/jobs"
	"daesa/pay"
)

// AskedError is a mistake in what a command was asked for: its words, not the
// world, are to be changed.
type AskedError struct {
	Err  error
	Next string // how it is asked
}

// Error says what is wrong.
func (e *AskedError) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *AskedError) Unwrap() error { return e.Err }

// Hint says how it is asked.
func (e *AskedError) Hint() string { return e.Next }

// Asked is `nightly --date`: the job and the dates that it means; "": every date
// that is due. An *AskedError refuses a date that is not over.
func (n *Nights) Asked(ctx context.Context, date string) (job string, dates []pay.Day, err error) {
	if date == "" {
		dates, err = n.Due(ctx)
		return jobs.JobNightly, dates, err
	}
	today := n.today()
	day, err := pay.ParseDay(date)
	switch {
	case err != nil:
		return "", nil, &AskedError{fmt.Errorf("--date: %w", err), "for example --date " + string(today.Add(-1))}
	case day == today && jobs.MonthEnd(day):
		return jobs.JobMonthEnd, []pay.Day{day}, nil
	case day >= today:
		return "", nil, &AskedError{fmt.Errorf("--date %s is not over yet", day), "the newest date that can be compared is " + string(today.Add(-1))}
	}
	return jobs.JobNightly, []pay.Day{day}, nil
}

// DaysAsked is what `reconcile` is asked to compare.
type DaysAsked struct {
	Date, From, To string
	Part           *int // of From to To only this part, from 0: one date of one merchant
}

// Days reads which dates are asked, and leaves the merchants of the part. Given
// orders are compared as they stand today. A part beyond the last has nothing to
// do.
func (n *Nights) Days(a DaysAsked, given bool) ([]pay.Day, error) {
	today := n.today()
	days, err := a.days(today, given)
	if err == nil && a.Part != nil && (*a.Part < 0 || a.From == "") {
		err = &AskedError{errors.New("--part counts from 0, and cuts what --from and --to name"), daysHint(today) + " --part 0"}
	}
	if err != nil || a.Part == nil {
		return days, err
	}
	part, of := *a.Part, len(n.Merchants)
	if part >= len(days)*of {
		return nil, nil
	}
	n.Merchants = n.Merchants[part%of : part%of+1]
	return days[part/of : part/of+1], nil
}

func (a DaysAsked) days(today pay.Day, given bool) ([]pay.Day, error) {
	refuse := func(err error) ([]pay.Day, error) { return nil, &AskedError{err, daysHint(today)} }
	from, to := a.From, a.To
	switch {
	case a.Date != "" && (from != "" || to != ""):
		return refuse(errors.New("--date does not go with --from and --to"))
	case (from == "") != (to == ""):
		return refuse(errors.New("--from and --to go together"))
	case given && (a.Date != "" || from != ""):
		return nil, &AskedError{errors.New("--orders compares the orders as they stand now, without a date"), "leave --date, --from and --to out"}
	case given:
		return []pay.Day{today}, nil
	case a.Date == "" && from == "":
		return []pay.Day{today.Add(-1)}, nil
	case a.Date != "":
		from, to = a.Date, a.Date
	}
	first, err := pay.ParseDay(from)
	if err != nil {
		return refuse(err)
	}
	last, err := pay.ParseDay(to)
	if err != nil {
		return refuse(err)
	}
	if last < first || last > today {
		return refuse(fmt.Errorf("%s to %s is no range of days up to today", first, last))
	}
	var days []pay.Day
	for day := first; day <= last; day = day.Add(1) {
		days = append(days, day)
	}
	return days, nil
}

func daysHint(today pay.Day) string {
	return "for example --date " + string(today.Add(-1)) + ", or --from " + string(today.Add(-7)) + " --to " + string(today.Add(-1))
}

// AddUnknown adds to the outcome the orders that neither side knows. mid "": of
// every merchant.
func AddUnknown(ctx context.Context, sides BothSides, mid string, orders []string, warn Warn, o *Outcome) error {
	for _, id := range orders {
		shop, err := sides.OrdersOf(ctx, mid, id)
		if err != nil {
			return err
		}
		toss, err := sides.PaymentsOf(ctx, mid, id)
		if err != nil {
			return err
		}
		if len(shop) == 0 && len(toss) == 0 {
			warn("order "+id+": neither the shop nor Toss knows it", "")
			o.Add(EndedFailed, "order %s is unknown to both sides", id)
		}
	}
	return nil
}

// LastNight is the date whose night is drawn again where none is named: yesterday.
func LastNight(today pay.Day, date string) (pay.Day, error) {
	if date == "" {
		return today.Add(-1), nil
	}
	day, err := pay.ParseDay(date)
	if err != nil {
		return "", &AskedError{err, "for example --date " + string(today.Add(-1))}
	}
	return day, nil
}
