package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// checkBooks looks at the sections that the month stands on.
func checkBooks(c *Config, b *book) {
	checkSettlement(c, b)
	first := map[string]int{}
	for i := range c.Bank.Accounts {
		path := fmt.Sprintf("bank.accounts[%d]", i)
		a := &c.Bank.Accounts[i]
		if other, twice := first[a.Name]; twice && a.Name != "" {
			b.fault(path+".name", fmt.Sprintf("is the name of bank.accounts[%d] too", other), "give each account a name of its own")
		} else {
			first[a.Name] = i
		}
		if !b.faulty(path) {
			checkAccount(c, a, path, b)
		}
	}
	checkClose(&c.Close, b)
}

func checkSettlement(c *Config, b *book) {
	s := &c.Settlement
	oneOf(b, "settlement.mode", s.Mode, SettlementAPI, SettlementFiles, SettlementOff)
	for i, cycle := range s.Cycle.values() {
		oneOf(b, "settlement.cycle."+methods[i], cycle, Daily, Weekly, Monthly)
	}
	for i, days := range s.LateBankDays.values() {
		within(b, "settlement.late_bank_days."+methods[i], days, 0, 365)
	}
	first := map[Fee]int{}
	for i, fee := range s.Fees {
		path := fmt.Sprintf("settlement.fees[%d]", i)
		if b.faulty(path) {
			continue
		}
		checkFee(c, fee, path, b)
		if other, twice := first[fee.which()]; twice {
			b.fault(path, fmt.Sprintf("is of the same rows as settlement.fees[%d]", other), "keep one of the two, or give the newer one its day in from")
			continue
		}
		first[fee.which()] = i
	}
}

func checkFee(c *Config, f Fee, path string, b *book) {
	at := func(key string) string { return path + "." + key }
	if f.MID != "" {
		configured(c, f.MID, at("mid"), b)
	}
	if f.Method != "" {
		oneOf(b, at("method"), f.Method, methods...)
	}
	for key, text := range map[string]string{"card_type": f.CardType, "issuer": f.Issuer, "provider": f.Provider} {
		plainWord(b, at(key), text)
	}
	if !b.given(at("rate")) && !b.given(at("fixed")) {
		b.fault(at("rate"), "is missing", `write the rate without VAT, such as "2.1%", or an amount for each row in fixed`)
	}
	money(b, at("fixed"), f.Fixed)
	if _, err := time.Parse(time.DateOnly, f.From); f.From != "" && err != nil && !b.bad(at("from")) {
		b.fault(at("from"), "is no date", "write the first day of approvals that it is of, as 2026-08-14, or remove it")
	}
}

// configured says whether a MID is one that the file has.
func configured(c *Config, mid, path string, b *book) {
	all := c.MIDs()
	if slices.Contains(all, mid) || b.bad(path) || len(all) == 0 {
		return
	}
	hint := "write one of " + strings.Join(all, ", ") + ", or add the merchant"
	if near := closest(mid, all); near != "" {
		hint = "did you mean " + near + "?"
	}
	b.fault(path, "is no mid of this file", hint)
}

// plainWord refuses a word that would never be equal to one of the provider.
func plainWord(b *book, path, text string) {
	if !b.bad(path) && (strings.TrimSpace(text) != text || strings.ContainsFunc(text, unicode.IsControl)) {
		b.fault(path, "has a blank around it, or a character that does not show", "write the word alone, or remove the key for all")
	}
}

var lastFour = regexp.MustCompile(`^[0-9]{4}$`)

const longestName = 40

func checkAccount(c *Config, a *BankAccount, path string, b *book) {
	at := func(key string) string { return path + "." + key }
	switch {
	case b.bad(at("name")):
	case a.Name == "":
		b.fault(at("name"), "is missing", "write a word of your own for this account, such as main")
	case strings.TrimSpace(a.Name) != a.Name, utf8.RuneCountInString(a.Name) > longestName, strings.ContainsFunc(a.Name, unicode.IsControl):
		b.fault(at("name"), fmt.Sprintf("is not 1 to %d letters without blanks around them", longestName), "write a short word of your own, such as main")
	case longNumber.MatchString(a.Name):
		b.secretFault(at("name"), "looks like an account number, which would stand in lists and in the journal", "write a word of your own, such as main")
	}
	if a.NumberLast4 != "" && !lastFour.MatchString(a.NumberLast4) && !b.bad(at("number_last4")) {
		b.secretFault(at("number_last4"), "is not four digits", `write the last four digits of the account's number in quotes, such as "0123", never the whole of it`)
	}
	if len(a.MIDs) == 0 && len(c.Merchants) > 0 && !b.bad(at("mids")) {
		b.fault(at("mids"), "names no merchant", "write the mids whose payouts come to this account")
	}
	seen := map[string]bool{}
	for i, mid := range a.MIDs {
		place := fmt.Sprintf("%s[%d]", at("mids"), i)
		if seen[mid] {
			b.fault(place, "stands twice", "remove one of the two")
		}
		seen[mid] = true
		configured(c, mid, place, b)
	}
	for i, word := range a.Payer {
		place := fmt.Sprintf("%s[%d]", at("payer"), i)
		if !b.bad(place) && letters(word) < 2 {
			b.fault(place, "has fewer than two letters, and would fit nearly every payer", "write a word that the bank prints for Toss, such as 토스페이")
		}
	}
}

var longNumber = regexp.MustCompile(`^[0-9][0-9 -]{6,}$`)

// letters counts what is left of a word without its blanks.
func letters(word string) int { return utf8.RuneCountInString(strings.Join(strings.Fields(word), "")) }

func checkClose(c *Close, b *book) {
	oneOf(b, "close.bank", c.Bank, Passbook, Assumed)
	oneOf(b, "close.invoice_basis", c.InvoiceBasis, BasisSold, BasisPaid)
	const month = "close.first_month"
	if _, err := time.Parse("2006-01", c.FirstMonth); c.FirstMonth != "" && err != nil && !b.bad(month) {
		b.fault(month, "is no month", "write it as 2026-11, or remove it for the first one that is read whole")
	}
	checkChart(&c.Vouchers, b)
	seen := map[string]bool{}
	for i, title := range c.Vouchers.Columns {
		path := fmt.Sprintf("close.vouchers.columns[%d]", i)
		if seen[title] {
			b.fault(path, "stands twice", "remove one of the two")
		}
		seen[title] = true
		oneOf(b, path, title, voucherColumns...)
	}
}

// checkChart lets every entry have an account, and the receivable one of its
// own: by its movement the vouchers are held against the month.
func checkChart(v *Vouchers, b *book) {
	at := func(key string) string { return "close.vouchers." + key }
	accounts := []struct {
		key, account string
		must         bool
	}{
		{"receivable", v.Receivable, true},
		{"bank", v.Bank, true},
		{"fee", v.Fee, true},
		{"fee_vat", v.FeeVAT, true},
		{"sales", v.Sales, false},
		{"sales_free", v.SalesFree, false},
		{"sales_return", v.SalesReturn, false},
		{"sales_vat", v.SalesVAT, v.Sales != ""},
		{"suspense", v.Suspense, true},
		{"other_income", v.OtherIncome, true},
	}
	for i, a := range accounts {
		switch {
		case b.bad(at(a.key)):
		case a.must && strings.TrimSpace(a.account) == "":
			b.fault(at(a.key), "is empty", `write the account of the shop's books as "CODE NAME", or remove the key to keep the default`)
		case strings.ContainsFunc(a.account, unicode.IsControl):
			b.fault(at(a.key), "has a character that does not show", `write it as "CODE NAME"`)
		case i > 0 && a.account != "" && strings.TrimSpace(a.account) == strings.TrimSpace(v.Receivable):
			b.fault(at(a.key), "is the account of receivable too", "give the receivable an account that nothing else uses")
		}
	}
}
