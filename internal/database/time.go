package database

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// TimeLayout is how both databases get a time: UTC, cut to microseconds, of
// fixed width, so that text order is time order.
const TimeLayout = "2006-01-02T15:04:05.000000Z"

// Time stores a time exactly on both databases. The zero time is NULL.
type Time struct{ time.Time }

// At cuts a time to what the databases keep.
func At(t time.Time) Time {
	if t.IsZero() {
		return Time{}
	}
	return Time{t.UTC().Truncate(time.Microsecond)}
}

// Value gives the text form.
func (t Time) Value() (driver.Value, error) {
	if t.IsZero() {
		return nil, nil
	}
	return t.UTC().Format(TimeLayout), nil
}

// Scan reads what either driver gives.
func (t *Time) Scan(value any) error {
	switch v := value.(type) {
	case nil:
		t.Time = time.Time{}
		return nil
	case time.Time:
		t.Time = v.UTC()
		return nil
	case string:
		return t.parse(v)
	case []byte:
		return t.parse(string(v))
	default:
		return fmt.Errorf("database: a %T is no time", value)
	}
}

func (t *Time) parse(text string) error {
	parsed, err := time.Parse(TimeLayout, text)
	if err != nil {
		// A shop that fills the orders table itself may write another RFC 3339 form.
		if parsed, err = time.Parse(time.RFC3339Nano, text); err != nil {
			return fmt.Errorf("database: %q is no time in UTC", text)
		}
	}
	t.Time = parsed.UTC()
	return nil
}
