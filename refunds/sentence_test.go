package refunds

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// providerCodes reads the codes out of toss/failure.go, by their kind: this
// package must not know the adapter.
func providerCodes(t *testing.T) map[string][]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../toss/failure.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	table := valueOf(file, "codeTable")
	if table == nil {
		t.Fatal("toss/failure.go has no codeTable")
	}
	codes := map[string][]string{}
	for _, row := range table.Elts {
		fields := row.(*ast.CompositeLit).Elts
		kind := fields[0].(*ast.SelectorExpr).Sel.Name
		for _, code := range fields[2].(*ast.CompositeLit).Elts {
			codes[kind] = append(codes[kind], unquote(t, code))
		}
	}
	return codes
}

func valueOf(file *ast.File, name string) *ast.CompositeLit {
	var found *ast.CompositeLit
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && spec.Names[0].Name == name {
			found, _ = spec.Values[0].(*ast.CompositeLit)
		}
		return found == nil
	})
	return found
}

func unquote(t *testing.T, e ast.Expr) string {
	t.Helper()
	text, err := strconv.Unquote(e.(*ast.BasicLit).Value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// ownReasons reads the constants of reason.go.
func ownReasons(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "reason.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var reasons []string
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(spec.Names[0].Name, "Why") {
			reasons = append(reasons, unquote(t, spec.Values[0]))
		}
		return true
	})
	return reasons
}

func allCodes(t *testing.T) []string {
	t.Helper()
	all := ownReasons(t)
	for _, codes := range providerCodes(t) {
		all = append(all, codes...)
	}
	if len(all) < 100 {
		t.Fatalf("only %d codes were found", len(all))
	}
	return all
}

var hangul = regexp.MustCompile(`\p{Hangul}`)

func TestEveryCodeHasItsSentence(t *testing.T) {
	t.Parallel()
	actors := map[Language][]string{
		Korean:  {"자동 처리(daesa)", "고객센터", "재무", "운영자", "토스페이먼츠 문의"},
		English: {"daesa (automatic)", "customer service", "finance", "operator", "Toss Payments support"},
	}
	codes := allCodes(t)
	for _, lang := range []Language{Korean, English} {
		generic := Explain(lang, "NOBODY_KNOWS", "", time.Time{}).Next
		for _, code := range codes {
			got := Explain(lang, code, "", time.Time{})
			switch {
			case got.Next == generic || sentences[code].do == nil:
				t.Errorf("%s, %s: nothing of its own: %s", code, lang, got)
			case got.Cause == "" || got.Next == "" || !slices.Contains(actors[lang], got.Who):
				t.Errorf("%s, %s: %+v", code, lang, got)
			case hangul.MatchString(got.Cause) != (lang == Korean) || hangul.MatchString(got.Next) != (lang == Korean):
				t.Errorf("%s, %s: in the other language: %s", code, lang, got)
			case lang == Korean && waitsIn(code) == isPolite(got.Cause):
				t.Errorf("%s: what happened is said in polite form, what is waited for in a few words of a table: %s", code, got.Cause)
			case strings.HasSuffix(got.Cause, ".") || strings.HasSuffix(got.Next, "."):
				t.Errorf("%s, %s: String sets the full stops: %s", code, lang, got)
			}
		}
	}
	for code := range sentences {
		if !slices.Contains(codes, code) {
			t.Errorf("%s has a sentence and is no code", code)
		}
	}
}

// waitsIn says whether a code is what an open request waits for: it stands in a
// table, among nouns.
func waitsIn(code string) bool {
	return slices.Contains([]string{WhyAwaitsApproval, WhyNeedsAccount, WhyNotConfigured, WhyAboveSingle, WhyAboveRun, WhyAboveDay, WhyNoCount, WhyBlocked, WhyDayFull,
		WhyKeyRefused, WhyClock, WhySendFalse, WhyPaused, WhyNextRun, WhyRetryLater, WhyBeingSent, WhyLookedUp, WhyMustLook}, code)
}

func isPolite(sentence string) bool {
	return strings.HasSuffix(strings.TrimRight(sentence, ")"), "다") || strings.Contains(sentence, "다 (")
}

// TestSentencesFollowTheKind: the wrong advice costs money. A retry while
// somebody transfers by hand pays twice.
func TestSentencesFollowTheKind(t *testing.T) {
	t.Parallel()
	codes := providerCodes(t)
	for kind, want := range map[string]*advice{
		"FailureTransient": &tryAgain, "FailureThrottled": &tryAgain, "FailureInFlight": &waitForIt,
		"FailureKey": &checkKey, "FailureAccount": &newAccount, "FailureDeadline": &byTransfer,
		"FailureGuard": &lookAndResolve, "FailureDone": &lookAndResolve, "FailureUnclassed": &lookAndResolve,
	} {
		if len(codes[kind]) == 0 {
			t.Errorf("no code is %s", kind)
		}
		for _, code := range codes[kind] {
			if sentences[code].do != want {
				t.Errorf("%s is %s, and its advice is: %s", code, kind, sentences[code].do.en)
			}
		}
	}
	for _, code := range codes["FailureRefused"] {
		if sentences[code].do.who == daesaActs {
			t.Errorf("%s stays refused, and nobody is to act", code)
		}
	}
}

func TestDeadlineIsNamed(t *testing.T) {
	t.Parallel()
	by := seoul("2026-11-30 23:59:59").UTC()
	kinds := providerCodes(t)
	bound := slices.Concat(kinds["FailureTransient"], kinds["FailureDeadline"], kinds["FailureInFlight"], kinds["FailureThrottled"],
		kinds["FailureAccount"], kinds["FailureKey"], []string{WhyDeadline, WhyNeedsAccount, WhyNoAnswer, WhyAsked, WhyOverLimit, "NOBODY_KNOWS"})
	for _, code := range bound {
		ko, en := Explain(Korean, code, "", by).String(), Explain(English, code, "", by).String()
		if !strings.Contains(ko, "취소기한 2026년 11월 30일 23:59") || !strings.Contains(en, "30 Nov 2026 23:59, Seoul") {
			t.Errorf("%s does not name the deadline: %s %s", code, ko, en)
		}
		if none := Explain(Korean, code, "", time.Time{}).String(); strings.Contains(none, "(취소기한") || strings.Contains(none, "0001") {
			t.Errorf("%s names a deadline where there is none: %s", code, none)
		}
	}
	if paid := Explain(Korean, WhyPaidOut, "", by).String(); strings.Contains(paid, "취소기한") {
		t.Errorf("a deadline for what is done: %s", paid)
	}
}

func TestInnerCodes(t *testing.T) {
	t.Parallel()
	tests := []struct{ message, ko, en string }{
		{"[ES12] 부분취소가 불가능한 상태입니다.", "([ES12] 에스크로 상태라 부분 취소할 수 없음)", "([ES12] the state of the escrow"},
		{"취소 실패 [W702]", "([W702] 12개월 이내에만 취소 가능)", "([W702] only within 12 months)"},
		{"휴대폰 [225]", "([225] 휴대폰 결제 취소 기간 경과)", "([225] the phone payment's"},
		{"[RF99] 새 코드", "([RF99])", "([RF99])"},
	}
	for _, test := range tests {
		ko := Explain(Korean, "FAILED_INTERNAL_SYSTEM_PROCESSING", test.message, time.Time{})
		en := Explain(English, "FAILED_INTERNAL_SYSTEM_PROCESSING", test.message, time.Time{})
		if !strings.HasSuffix(ko.Cause, strings.TrimSpace(test.ko)) || !strings.Contains(en.Cause, test.en) {
			t.Errorf("%q: %s; %s", test.message, ko.Cause, en.Cause)
		}
		if ko.Who != "자동 처리(daesa)" {
			t.Errorf("%q: the inner code changes who acts: %s", test.message, ko.Who)
		}
	}
	for code, words := range innerCodes {
		if got := bracketed.FindStringSubmatch("[" + code + "]"); got == nil || !hangul.MatchString(words[0]) || hangul.MatchString(words[1]) || words[1] == "" {
			t.Errorf("the inner code %s is not read, or lacks a language", code)
		}
	}
	for _, message := range []string{"", "[999] x", "[]", "[abc]", "ES12", "[110123456789]"} {
		if got := Explain(Korean, "PROVIDER_ERROR", message, time.Time{}); strings.Contains(got.Cause, "[") {
			t.Errorf("%q: %s", message, got.Cause)
		}
	}
}

// TestSentencesHoldNoAccount: of the provider's text only the inner code is
// repeated.
func TestSentencesHoldNoAccount(t *testing.T) {
	t.Parallel()
	long, message := regexp.MustCompile(`[0-9][0-9 -]{5,}`), "[RF26] 계좌 110-123-456789 (110123456789) 홍길동"
	for _, code := range append(allCodes(t), "NOBODY_KNOWS", "") {
		for _, lang := range []Language{Korean, English} {
			got := Explain(lang, code, message, time.Time{}).String()
			if long.MatchString(got) || strings.Contains(got, "홍길동") {
				t.Errorf("%s: %s", code, got)
			}
		}
	}
}

func TestUnknownCodes(t *testing.T) {
	t.Parallel()
	for _, lang := range []Language{Korean, English, ""} {
		if got := Explain(lang, "BRAND_NEW_CODE", "", time.Time{}); !strings.Contains(got.Cause, "BRAND_NEW_CODE") {
			t.Errorf("%q: the code is not named: %s", lang, got)
		}
		if got := Explain(lang, "", "", time.Time{}).String(); strings.Contains(got, ": .") {
			t.Errorf("%q: no code: %s", lang, got)
		}
	}
	if got := Explain(Korean, strings.Repeat("가", 5000), "", time.Time{}).Cause; len([]rune(got)) > 120 {
		t.Errorf("a foreign text of %d letters", len([]rune(got)))
	}
}

func TestSentenceInOneLine(t *testing.T) {
	t.Parallel()
	got := Explain(Korean, "INVALID_REFUND_ACCOUNT_INFO", "", time.Time{}).String()
	want := "환불계좌의 계좌번호와 예금주가 일치하지 않습니다. 고객센터: 고객에게 계좌를 다시 확인해 새 계좌로 등록해 주세요 (다시 결재가 필요합니다)."
	if got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}
