package passbook

import (
	"fmt"
	"testing"
	"time"

	"daesa/pay"
)

func TestAmountsAsBanksWriteThem(t *testing.T) {
	for _, c := range []struct {
		text  string
		units int64
	}{
		{"39,000", 39000}, {" 1,250,000원 ", 1250000}, {"₩1,000", 1000}, {"￦1,000", 1000}, {"1,000 KRW", 1000}, {"(39,000)", -39000}, {"-39,000", -39000},
		{"−39,000", -39000}, {"－３９，０００", -39000}, {"１，２３４", 1234}, {"+500", 500}, {"- 500", -500}, {"0", 0}, {"₩-500", -500}, {"\u00a07\u3000", 7},
	} {
		if units, given, reason := amountOf(c.text, pay.KRW, false); units != c.units || !given || reason != "" {
			t.Errorf("%q: %d %v %s", c.text, units, given, reason)
		}
	}
	for _, text := range []string{"", " ", "-", "－", "–"} {
		if _, given, reason := amountOf(text, pay.KRW, false); given || reason != "" {
			t.Errorf("%q: %v %s", text, given, reason)
		}
	}
	for _, text := range []string{
		"1,00", "1.5", "39000.00", "1.25E+06", "1e5", "####", "12만", "1.2억", "39천원", "3k", "--5", "(-5)", "-(5)", "5-", "1 000", "a", "1,000.00", "٣٩", "99999999999999", "1.000",
	} {
		if units, given, reason := amountOf(text, pay.KRW, false); reason == "" || !given || units != 0 {
			t.Errorf("%q: %d", text, units)
		}
	}
	if units, _, reason := amountOf("39000.00", pay.KRW, true); units != 39000 || reason != "" {
		t.Error(units, reason)
	}
	if _, _, reason := amountOf("39000.50", pay.KRW, true); reason != "has decimals, and won have none" {
		t.Error(reason)
	}
	if units, _, reason := amountOf("(1,234.5)", pay.USD, false); units != -123450 || reason != "" {
		t.Error(units, reason)
	}
	if _, _, reason := amountOf("5원", pay.USD, false); reason == "" {
		t.Error("won of an account in dollars")
	}
}

func TestTimesAsBanksWriteThem(t *testing.T) {
	for text, want := range map[string]string{
		"2026.11.03 14:05:33": "2026-11-03 14:05:33 2", "2026-11-03 14:05": "2026-11-03 14:05:00 1", "20261103140533": "2026-11-03 14:05:33 2",
		"2026/11/03\n14:05:33": "2026-11-03 14:05:33 2", "2026.11.03 14:05:3321": "2026-11-03 14:05:33.21 2", "2026.11.03 14053321": "2026-11-03 14:05:33.21 2",
		"2026-11-03": "2026-11-03 00:00:00 0", "20261103": "2026-11-03 00:00:00 0", "2026년 11월 3일": "2026-11-03 00:00:00 0", "2026-11-03(화) 09:01": "2026-11-03 09:01:00 1",
		"2026-11-03T14:05:33.000": "2026-11-03 14:05:33 2", "２０２６．１１．０３ 오후 2:05:33": "2026-11-03 14:05:33 2", "2026-11-03 오전 12:05": "2026-11-03 00:05:00 1",
		"20261103 140533": "2026-11-03 14:05:33 2", "202611031405": "2026-11-03 14:05:00 1", "2026.1.3 9:05": "2026-01-03 09:05:00 1", "2026-11-03 00:00:00": "2026-11-03 00:00:00 2",
	} {
		m, reason := momentOf(text)
		if got := fmt.Sprint(m.at().Format("2006-01-02 15:04:05.99 "), int(m.clock)); reason != "" || got != want {
			t.Errorf("%q: %s %s", text, got, reason)
		}
	}
	for _, text := range []string{
		"", "2026.13.01", "2026-02-29", "26.11.03", "2026-11-03 24:00", "2026-11-03 14:60:00", "2026-11-03 14:05:60", "2026-11-03x", "202611031", "2026110314053", "1889-01-01", "오후 2:05", "2026-11-03 오후 13:05", "46000", "2026-11-03 1405:33",
	} {
		if m, reason := momentOf(text); reason == "" {
			t.Errorf("%q: %v", text, m.at())
		}
	}
	for text, want := range map[string]time.Duration{"140533": 14*time.Hour + 5*time.Minute + 33*time.Second, "1405": 14*time.Hour + 5*time.Minute, "90533": 9*time.Hour + 5*time.Minute + 33*time.Second, "": 0} {
		if m, reason := (moment{}).with(text); reason != "" || m.past != want {
			t.Errorf("%q: %v %s", text, m.past, reason)
		}
	}
	for _, text := range []string{"905", "9", "1405330", "2405", "noon"} {
		if m, reason := (moment{}).with(text); reason == "" && text != "1405330" {
			t.Errorf("%q: %v", text, m.past)
		}
	}
}

func TestTheLastFourDigitsOfAnAccount(t *testing.T) {
	for text, want := range map[string]string{
		"123456-01-001234": "1234", "계좌번호 : 110-***-001234": "1234", "1000-****-1234": "1234", "3333-01-****": "", "12345": "", "110-123-456789 (보통예금)": "6789", "110-123-456789 2026.11.30": "6789", "110 123 456": "",
		"１１０－１２３－４５６７８９": "6789", "GB33BUKB20201555555555": "5555", "가나다": "", "": "",
	} {
		if got := last4Of(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func TestThePeriodAboveAHeader(t *testing.T) {
	for text, want := range map[string]string{
		"조회기간 2026.11.01 ~ 2026.11.30": "2026-11-01 2026-11-30", "조회기간: 2026-11-01~2026-11-30": "2026-11-01 2026-11-30", "20261101 ～ 20261130": "2026-11-01 2026-11-30",
		"2026년 11월 01일 ~ 2026년 11월 30일": "2026-11-01 2026-11-30", "2026-11-01 00:00:00 ~ 2026-11-30 23:59:59": "2026-11-01 2026-11-30", "2026/11/01-2026/11/30": "2026-11-01 2026-11-30",
		"2026.11.30 ~ 2026.11.01": " ", "조회일 2026.11.30": " ", "110-123-456789": " ",
	} {
		if from, to := periodOf(text); string(from+" "+to) != want {
			t.Errorf("%q: %s %s", text, from, to)
		}
	}
}

// TestWhatAFileCovers is contract 10.2: its period up to the day before it is
// brought in, else its first to its last line; and days between balances that tie.
func TestWhatAFileCovers(t *testing.T) {
	lines := []Line{at("02 09:00", 100, 1100), at("09 10:00", 50, 1150)}
	for _, c := range []struct {
		name string
		s    Statement
		now  string
		want string
	}{
		{"its period", Statement{From: "2026-11-01", To: "2026-11-10", Lines: lines}, "12", "[{2026-11-01 2026-11-10}]"},
		{"its period up to the day before", Statement{From: "2026-11-01", To: "2026-11-30"}, "12", "[{2026-11-01 2026-11-11}]"},
		{"its lines", Statement{Lines: lines}, "12", "[{2026-11-02 2026-11-09}]"},
		{"its lines up to the day before", Statement{Lines: lines}, "09", "[{2026-11-02 2026-11-08}]"},
		{"its lines without days that its balances leave out", Statement{Lines: lines, untied: []Untied{{"2026-11-04", "2026-11-05", 1}}}, "12", "[{2026-11-02 2026-11-03} {2026-11-06 2026-11-09}]"},
		{"no line", Statement{}, "12", "[]"},
		{"a period of today", Statement{From: "2026-11-12", To: "2026-11-12"}, "12", "[]"},
	} {
		now, _ := momentOf("2026-11-" + c.now + " 13:00")
		if got := fmt.Sprint(c.s.Covers(now.at())); got != c.want {
			t.Errorf("%s: %s", c.name, got)
		}
	}
}

func TestDaysBetweenTiedBalancesAreCovered(t *testing.T) {
	lines := []Line{at("02 09:00", 100, 1100), at("05 09:00", 10, 1110), at("09 10:00", 50, 1160), at("12 10:00", 5, 9000), at("15 10:00", 5, 9005), at("20 10:00", 5, 9010)}
	for _, c := range []struct {
		name  string
		files []Span
		want  string
	}{
		{"two files with days between", []Span{{"2026-11-01", "2026-11-05"}, {"2026-11-09", "2026-11-09"}}, "[{2026-11-01 2026-11-08} {2026-11-13 2026-11-19}]"},
		{"a hole in a file", []Span{{"2026-11-01", "2026-11-30"}}, "[{2026-11-01 2026-11-08} {2026-11-13 2026-11-30}]"},
		{"no file", nil, "[{2026-11-03 2026-11-08} {2026-11-13 2026-11-19}]"},
	} {
		if got := fmt.Sprint(Covered(lines, c.files)); got != c.want {
			t.Errorf("%s: %s", c.name, got)
		}
	}
	if got := Covered(nil, nil); len(got) != 0 {
		t.Error(got)
	}
}
