package config

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

var seoul = time.FixedZone("Asia/Seoul", 9*60*60)

func TestCronNext(t *testing.T) {
	for _, test := range []struct{ cron, after, want string }{
		{"30 1 * * *", "2026-11-21T01:29:59+09:00", "2026-11-21T01:30:00+09:00"},
		{"30 1 * * *", "2026-11-21T01:30:00+09:00", "2026-11-22T01:30:00+09:00"},
		{"30 1 * * *", "2026-12-31T23:00:00+09:00", "2027-01-01T01:30:00+09:00"},
		{"*/10 * * * *", "2026-11-21T00:00:00+09:00", "2026-11-21T00:10:00+09:00"},
		{"*/10 * * * *", "2026-11-21T23:50:00+09:00", "2026-11-22T00:00:00+09:00"},
		{"0 10,14,17,20,22 28-31 * *", "2026-11-21T09:00:00+09:00", "2026-11-28T10:00:00+09:00"},
		{"0 10,14,17,20,22 28-31 * *", "2026-11-30T20:30:00+09:00", "2026-11-30T22:00:00+09:00"},
		{"0 10,14,17,20,22 28-31 * *", "2026-11-30T22:00:00+09:00", "2026-12-28T10:00:00+09:00"},
		{"0 0 29 feb *", "2096-03-01T00:00:00+09:00", "2104-02-29T00:00:00+09:00"},
		{"0 9 * * mon-fri", "2026-11-20T10:00:00+09:00", "2026-11-23T09:00:00+09:00"},
		{"0 9 1 * SUN", "2026-11-21T00:00:00+09:00", "2026-11-22T09:00:00+09:00"},
		{"0 9 1 * SUN", "2026-11-29T10:00:00+09:00", "2026-12-01T09:00:00+09:00"},
		{"5-50/20 8-9 * * *", "2026-11-21T08:25:00+09:00", "2026-11-21T08:45:00+09:00"},
		{"  0   0 * * * ", "2026-11-21T00:00:00+09:00", "2026-11-22T00:00:00+09:00"},
	} {
		c, err := ParseCron(test.cron)
		if err != nil {
			t.Errorf("%s: %v", test.cron, err)
			continue
		}
		after, err := time.Parse(time.RFC3339, test.after)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Next(after.In(seoul)).Format(time.RFC3339); got != test.want {
			t.Errorf("%s after %s: got %s, want %s", test.cron, test.after, got, test.want)
		}
	}
}

func TestCronNever(t *testing.T) {
	c, err := ParseCron(" ")
	if err != nil || !c.IsZero() || !c.Next(time.Unix(0, 0)).IsZero() {
		t.Errorf("an empty schedule comes: %v, %v", c, err)
	}
}

func TestCronRefuses(t *testing.T) {
	for _, text := range []string{
		"* * * *", "* * * * * *", "60 * * * *", "-1 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *",
		"* * * 0 *", "* * * 13 *", "* * * * 7", "*/0 * * * *", "*/60 * * * *", "1/2 * * * *", "5-1 * * * *",
		"1,,2 * * * *", ", * * * *", "* * * foo *", "+1 * * * *", "1-2-3 * * * *", "*/2/2 * * * *",
		"? * * * *", "@daily", "0 0 30 2 *", "0 0 31 4,6,9,11 *",
	} {
		if c, err := ParseCron(text); err == nil {
			t.Errorf("%q is taken for a schedule: %v", text, c)
		}
	}
}

// TestCronAgainstEveryMinute compares Next with asking every minute.
func TestCronAgainstEveryMinute(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pick := func(name string, fields ...string) string { return rapid.SampledFrom(fields).Draw(t, name) }
		c, err := ParseCron(pick("minute", "*", "0", "*/7", "3,59", "10-20/5") + " " + pick("hour", "*", "0", "23", "*/5", "1-3") + " " +
			pick("day", "*", "1", "28-31", "*/9", "15") + " " + pick("month", "*", "jan", "2", "4-6", "*/5") + " " + pick("weekday", "*", "0", "mon-fri", "6"))
		if err != nil {
			t.Fatal(err)
		}
		start := time.Date(2026, 1, 1, 0, 0, 0, 0, seoul)
		after := start.Add(time.Duration(rapid.Int64Range(0, 400*24*3600).Draw(t, "second")) * time.Second)
		got := c.Next(after)
		if !got.After(after) {
			t.Fatalf("%v after %v is %v, which is not later", c, after, got)
		}
		const limit = 40 * 24 * 60
		minute := after.Truncate(time.Minute)
		for range limit {
			minute = minute.Add(time.Minute)
			if matches(c, minute) {
				break
			}
		}
		if matches(c, minute) && !got.Equal(minute) || !matches(c, got) {
			t.Fatalf("%v after %v: got %v, want %v", c, after, got, minute)
		}
	})
}

func matches(c Cron, t time.Time) bool {
	return has(c.minute, t.Minute()) && has(c.hour, t.Hour()) && c.onDay(t)
}

func TestCronOverAChangeOfClocks(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zones on this machine: ", err)
	}
	c := mustCron("30 2 * * *")
	got := c.Next(time.Date(2026, 3, 28, 12, 0, 0, 0, berlin))
	if want := time.Date(2026, 3, 30, 2, 30, 0, 0, berlin); !got.Equal(want) {
		t.Errorf("got %v, want %v: half past two does not happen on the 29th", got, want)
	}
}
