package app

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"daesa/internal/hint"
	"daesa/internal/seal"
	"daesa/pay"
	"daesa/refunds"
)

var hisAccount = pay.RefundAccount{Bank: "20", Number: "1002123456789", Holder: "김토스"}

// deposited is a payment into a virtual account.
func deposited(order string) pay.Payment {
	return pay.Payment{MID: mid, PaymentKey: "k-" + order, OrderID: order, Status: pay.Done, Method: pay.VirtualAccount, Currency: pay.KRW,
		TotalAmount: 10_000, BalanceAmount: 10_000, ApprovedAt: now.Add(-time.Hour)}
}

// keyring writes a new key file, and opens it.
func keyring(t *testing.T) (*seal.Ring, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "account.key")
	if err := seal.WriteKeyFile(path); err != nil {
		t.Fatal(err)
	}
	ring, err := seal.NewRing(func() ([]byte, error) { return os.ReadFile(path) })
	if err != nil {
		t.Fatal(err)
	}
	return ring, path
}

func sealedAccount(t *testing.T, sealer refunds.Sealer, p pay.Payment) *refunds.StoredAccount {
	t.Helper()
	stored, err := refunds.NewStoredAccount(sealer, p, hisAccount, "captured", "daesa", now)
	if err != nil {
		t.Fatal(err)
	}
	return &stored
}

// vault holds accounts, by payment, and who has seen one.
type vault struct {
	lines    []AccountLine
	accounts map[string]*refunds.StoredAccount
	seen     []string
	refuses  error // the journal cannot be written
}

func (v *vault) Accounts(context.Context, string, string) ([]AccountLine, error) { return v.lines, nil }

func (v *vault) Account(_ context.Context, _, key string) (*refunds.StoredAccount, error) {
	return v.accounts[key], nil
}

func (v *vault) Revealed(_ context.Context, _ refunds.StoredAccount, actor, reason string, _ time.Time) error {
	if v.refuses == nil {
		v.seen = append(v.seen, actor+": "+reason)
	}
	return v.refuses
}

// holding is a vault with one account, and what reveals it on a terminal.
func holding(t *testing.T) (*vault, RevealAccount, *bytes.Buffer) {
	t.Helper()
	ring, _ := keyring(t)
	p := deposited("A")
	v := &vault{lines: []AccountLine{{MID: mid, OrderID: "A", PaymentKey: p.PaymentKey}},
		accounts: map[string]*refunds.StoredAccount{p.PaymentKey: sealedAccount(t, ring, p)}}
	terminal := &bytes.Buffer{}
	return v, RevealAccount{Store: v, Sealer: ring, Order: "A", Reason: "the customer asks", By: "kim", Now: now, Terminal: terminal}, terminal
}

func TestAnAccountIsShownOnceTheJournalHasWhoSawIt(t *testing.T) {
	v, reveal, terminal := holding(t)
	if err := reveal.Run(t.Context()); err != nil || !strings.Contains(terminal.String(), `"account_number": "1002123456789"`) {
		t.Errorf("%s, %v", terminal, err)
	}
	if !slices.Equal(v.seen, []string{"kim: the customer asks"}) {
		t.Errorf("the journal says %v", v.seen)
	}
}

func TestNothingIsShownThatTheJournalDoesNotHave(t *testing.T) {
	v, reveal, terminal := holding(t)
	v.refuses = errors.New("the database went away")
	if err := reveal.Run(t.Context()); !errors.Is(err, v.refuses) || terminal.Len() > 0 {
		t.Errorf("shown %q, %v", terminal, err)
	}
	reveal.Out = filepath.Join(t.TempDir(), "account.json")
	if err := reveal.Run(t.Context()); !errors.Is(err, v.refuses) {
		t.Error(err)
	}
	if _, err := os.Stat(reveal.Out); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file is left: %v", err)
	}
}

func TestAnAccountIsWrittenToANewFileOfItsOwnersOnly(t *testing.T) {
	v, reveal, terminal := holding(t)
	reveal.Out = filepath.Join(t.TempDir(), "account.json")
	if err := reveal.Run(t.Context()); err != nil || terminal.Len() > 0 {
		t.Fatalf("%q, %v", terminal, err)
	}
	if info, err := os.Stat(reveal.Out); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if err := reveal.Run(t.Context()); hint.Of(err) == "" || len(v.seen) != 1 {
		t.Errorf("into a file that is there: %v; the journal says %v", err, v.seen)
	}
}

func TestOneOrderHasOneAccountToReveal(t *testing.T) {
	v, reveal, _ := holding(t)
	v.lines = append(v.lines, AccountLine{MID: "other", OrderID: "A", PaymentKey: "k-other"})
	if err := reveal.Run(t.Context()); err != nil {
		t.Errorf("beside a payment whose account was missed: %v", err)
	}
	v.accounts["k-other"] = v.accounts["k-A"]
	if err := reveal.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "several") {
		t.Errorf("of two merchants: %v", err)
	}
	v.accounts = nil
	if err := reveal.Run(t.Context()); hint.WordOf(err) != "unknown_id" {
		t.Errorf("destroyed: %v", err)
	}
}

func TestAccountsAreListedByTheirState(t *testing.T) {
	v := &vault{lines: []AccountLine{{OrderID: "A", State: "captured"}, {OrderID: "B", State: "missed"}}}
	for state, want := range map[refunds.CaptureState]int{"": 2, refunds.CaptureMissed: 1, refunds.CaptureWaiting: 0} {
		if lines, err := AccountLines(t.Context(), v, "", "", state); err != nil || len(lines) != want || lines == nil {
			t.Errorf("%q: %v, %v", state, lines, err)
		}
	}
}

// shredder notes from when on accounts go.
type shredder map[string][2]time.Time

func (s shredder) Purge(_ context.Context, mid string, refunded, unused time.Time, _ string, _ time.Time) (int, error) {
	s[mid] = [2]time.Time{refunded, unused}
	return 2, nil
}

func TestAnAccountIsKeptUntilNothingCanBeRefundedToIt(t *testing.T) {
	s, day := shredder{}, 24*time.Hour
	purged, err := PurgeAccounts{Store: s, KeepDays: 30, Now: now, Merchants: []PurgedMerchant{{"year", 365}, {"short", 180}}}.Run(t.Context())
	if err != nil || purged != 4 {
		t.Fatal(purged, err)
	}
	for mid, days := range map[string]time.Duration{"year": 30 + 90 + 365, "short": 30 + 90 + 180} {
		if got := s[mid]; !got[0].Equal(now.Add(-30*day)) || !got[1].Equal(now.Add(-days*day)) {
			t.Errorf("%s: refunded before %s, unused since %s", mid, got[0], got[1])
		}
	}
}

// sealedStore holds sealed texts.
type sealedStore struct {
	texts [][]byte
	told  []uint32 // the retired keys that the journal has
}

var place = []byte("here")

func (s *sealedStore) Reseal(_ context.Context, again func(sealed, place []byte) ([]byte, error)) (done Resealed, _ error) {
	for i, text := range s.texts {
		after, err := again(text, place)
		if err != nil {
			return done, err
		}
		if after != nil {
			s.texts[i] = after
			done.Accounts++
		}
	}
	return done, nil
}

func (s *sealedStore) Rekeyed(_ context.Context, _ Resealed, _ uint32, retired []uint32, _ string, _ time.Time) error {
	s.told = retired
	return nil
}

func TestAfterARotationEverythingIsSealedByTheNewKey(t *testing.T) {
	ring, path := keyring(t)
	text, err := ring.Seal([]byte("an account"), place)
	if err != nil {
		t.Fatal(err)
	}
	s, first := &sealedStore{texts: [][]byte{text}}, ring.Primary()
	rekey := Rekey{Store: s, Ring: ring, KeyFile: path, Now: now}
	done, err := rekey.Run(t.Context())
	if err != nil || done.Accounts != 1 || len(done.Retired) != 0 || done.Key == first {
		t.Fatalf("%+v, %v", done, err)
	}
	if id, _ := seal.KeyOf(s.texts[0]); id != done.Key {
		t.Errorf("sealed by %d, the new key is %d", id, done.Key)
	}
	late, err := ring.Open(text, place) // somebody sealed with the key before
	if err != nil || string(late) != "an account" {
		t.Errorf("%s, %v", late, err)
	}
	if text, err = ring.Seal([]byte("another"), place); err != nil {
		t.Fatal(err)
	}
	done, err = rekey.Run(t.Context())
	if err != nil || !slices.Equal(done.Retired, []uint32{first}) || !slices.Equal(s.told, done.Retired) {
		t.Errorf("%+v, the journal has %v, %v", done, s.told, err)
	}
	if err := ring.Reload(); err != nil {
		t.Fatal(err)
	}
	if late, err := ring.Open(text, place); err != nil || string(late) != "another" {
		t.Errorf("what was sealed by the key before is lost: %v", err)
	}
}

func TestWithoutAKeyFileTheKeyIsTheOperators(t *testing.T) {
	ring, _ := keyring(t)
	s := &sealedStore{}
	done, err := Rekey{Store: s, Ring: ring, Now: now}.Run(t.Context())
	if err != nil || done.Key != ring.Primary() || done.Retired == nil || len(done.Retired) != 0 {
		t.Errorf("%+v, %v", done, err)
	}
}
