package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"daesa/internal/hint"
	"daesa/passbook"
	"daesa/pay"
	"daesa/refunds"
	"daesa/settle"
)

// BankAccount is a passbook of the configuration.
type BankAccount struct {
	Name  string
	Last4 string   // of its number; "": files are not checked to be of it
	MIDs  []string // whose payouts come there
	Words []string // by which the provider is known among those who pay in
}

// Settle is the account as deposits are matched by it.
func (a BankAccount) Settle() settle.Account {
	return settle.Account{Name: a.Name, MIDs: a.MIDs, Words: len(a.Words) > 0}
}

// wordsPrint is the same for the same words in any order, and another one for
// others.
func (a BankAccount) wordsPrint() string {
	words := slices.Clone(a.Words)
	slices.Sort(words)
	return pay.ShortHash(slices.Compact(words)...)
}

// BankLine is a line of a passbook as it is kept: what is personal is sealed, and
// empty in Line until it is opened.
type BankLine struct {
	passbook.Line
	Bank         string // the account's name
	ShownPayer   string // masked
	ShownAccount string // of the other side, masked
	Sealed       []byte // empty: nothing personal, or it was not asked for
	PayerFits    bool   // one of the account's words is in the payer
	Ignored      bool   // a person said that it is none of Toss's
	FileSHA256   string // of the file that it came by
}

// BankLinePlace binds what is sealed to its line.
func BankLinePlace(id string) []byte { return []byte("bank line " + id) }

// bankTexts is what is personal in a line.
type bankTexts struct {
	Payer   string `json:"payer,omitempty"`
	Memo    string `json:"memo,omitempty"`
	Channel string `json:"channel,omitempty"`
	Account string `json:"account,omitempty"`
}

// sealedLine is a new line of an account as it is kept.
func sealedLine(sealer refunds.Sealer, account BankAccount, l passbook.Line, sum string) (BankLine, error) {
	line := BankLine{Line: l, Bank: account.Name, ShownPayer: l.PayerMasked(), ShownAccount: l.AccountMasked(),
		PayerFits: settle.PayerFits(l.Payer.Reveal(), account.Words), FileSHA256: sum}
	texts := bankTexts{l.Payer.Reveal(), l.Memo.Reveal(), l.Channel.Reveal(), l.Account.Reveal()}
	line.Payer, line.Memo, line.Channel, line.Account = "", "", "", ""
	if texts == (bankTexts{}) {
		return line, nil
	}
	plain, err := json.Marshal(texts)
	if err != nil {
		return BankLine{}, errors.New("the texts of a passbook line cannot be written as JSON")
	}
	line.Sealed, err = sealer.Seal(plain, BankLinePlace(l.ID))
	return line, err
}

// Opened is the line with what is sealed of it.
func (l BankLine) Opened(sealer refunds.Sealer) (passbook.Line, error) {
	if len(l.Sealed) == 0 {
		return l.Line, nil
	}
	plain, err := sealer.Open(l.Sealed, BankLinePlace(l.ID))
	if err != nil {
		return passbook.Line{}, hint.Errorf("restore the key file that sealed it: accounts.key_file", "passbook line %s: %w", l.ID, err)
	}
	var texts bankTexts
	if json.Unmarshal(plain, &texts) != nil { // the error could repeat what was sealed
		return passbook.Line{}, fmt.Errorf("passbook line %s: what is sealed cannot be read", l.ID)
	}
	line := l.Line
	line.Payer, line.Memo, line.Channel, line.Account = pay.Private(texts.Payer), pay.Private(texts.Memo), pay.Private(texts.Channel), pay.Private(texts.Account)
	return line, nil
}

// Settle is the line as deposits are matched by it.
func (l BankLine) Settle() settle.Line {
	return settle.Line{ID: l.ID, Account: l.Bank, Currency: l.Currency, Day: l.Day(), At: l.At, In: l.Kind == passbook.In,
		Amount: l.Amount, PayerFits: l.PayerFits, Ignored: l.Ignored}
}

// BankFile is a file of the bank that was taken.
type BankFile struct {
	SHA256   string
	Layout   string
	From, To pay.Day         // of what it shows; "" where it shows nothing
	Spans    []passbook.Span // the days for which it spoke when it was first taken
	Untied   []passbook.Untied
	Inserted int
	By       string
	At       time.Time
}

// BankBook is where an account stands.
type BankBook struct {
	Version  int64 // 0: nothing was ever taken
	Lines    int64
	Currency pay.Currency // "": of no line yet
	Words    string       // by which words the payers of its lines were judged
}

// BankTaken is what one file brings to an account.
type BankTaken struct {
	Account   string
	Was       BankBook // as it was read
	Currency  pay.Currency
	Words     string
	File      BankFile
	Lines     []BankLine      // new ones
	Fits      map[string]bool // stored lines whose payer is judged otherwise by the words of today
	Unchanged int
	Gaps      int
}

// BankAsked are lines of an account, between two days with both.
type BankAsked struct {
	Account  string
	From, To pay.Day // "": from the first one, to the last one
	Around   bool    // the nearest days with lines on either side, too
	Sealed   bool    // what is sealed is wanted
}
