package sandbox

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/encoding/korean"
)

// bankLayout is how a bank gives a passbook: rows above the header, its columns,
// and the order of the lines. What programs that read real files agree on was
// followed; files of banks are XLS or XLSX, here they are CSV.
type bankLayout struct {
	name        string
	above       func(from, to string) [][]string
	header      []string
	oldestFirst bool
	row         func(n int, l *PassbookLine) []string
}

func dotted(day string) string { return strings.ReplaceAll(day, "-", ".") }

// ownAccount is what the account's number ends with, in every layout.
const ownAccount = "1234"

// bankLayouts in the order in which an error names them.
var bankLayouts = []bankLayout{
	{
		name: "kb",
		above: func(from, to string) [][]string {
			return [][]string{{"거래내역조회"}, nil, {"계좌번호 : 123456-01-00" + ownAccount}, {"조회기간 : " + dotted(from) + " ~ " + dotted(to)}, {"예금종류 : 기업자유예금"}, nil}
		},
		header: []string{"No", "거래일시", "보낸분/받는분", "출금액(원)", "입금액(원)", "잔액(원)", "내 통장 표시", "적요", "처리점", "구분"},
		row: func(n int, l *PassbookLine) []string {
			return []string{strconv.Itoa(n), l.At.Format("2006.01.02 15:04"), l.Payer, l.out(), l.in(), grouped(l.Balance), l.Memo, l.Channel, "인터넷", "정상"}
		},
	},
	{
		name:   "shinhan",
		header: []string{"No", "전체체크", "거래일시", "적요", "입금액", "출금액", "내용", "잔액", "거래점명", "입금인코드", "메모"},
		row: func(n int, l *PassbookLine) []string {
			return []string{strconv.Itoa(n), "", l.At.Format("20060102150405"), l.Channel, l.in(), l.out(), l.Payer, grouped(l.Balance), "기업뱅킹", "", l.Memo}
		},
	},
	{
		name: "woori", oldestFirst: true,
		above: func(from, to string) [][]string {
			return [][]string{{"거래내역조회"}, {"계좌번호 1005-123-00" + ownAccount, "", "조회기간 " + dotted(from) + "~" + dotted(to)}, nil}
		},
		header: []string{"No.", "거래일시", "적요", "기재내용", "지급(원)", "입금(원)", "거래후 잔액(원)", "취급점", "표·어음·증권금액(원)"},
		row: func(n int, l *PassbookLine) []string {
			return []string{strconv.Itoa(n), l.At.Format("2006.01.02 15:04:05"), l.Channel, l.Payer, l.out(), l.in(), grouped(l.Balance), "인터넷", "0"}
		},
	},
	{
		name: "tossbank",
		above: func(from, to string) [][]string {
			return [][]string{
				{"", "토스뱅크 거래내역"}, nil, {"", "성명", "주식회사 대사상점"}, {"", "계좌번호", "1000-****-" + ownAccount},
				{"", "조회기간", dotted(from) + " ~ " + dotted(to)}, nil, {"", "※ 이 내역은 조회 시점의 거래내역입니다."}, nil,
			}
		},
		header: []string{"", "거래 일시", "적요", "거래 유형", "거래 기관", "계좌번호", "거래 금액", "거래 후 잔액", "메모"},
		row: func(_ int, l *PassbookLine) []string {
			amount := grouped(l.Amount)
			if l.Kind == lineOut {
				amount = "-" + amount
			}
			return []string{"", l.At.Format("2006.01.02 15:04:05"), l.Payer, l.Channel, "국민은행", "", amount, grouped(l.Balance), l.Memo}
		},
	},
	{
		name: "hana",
		above: func(from, to string) [][]string {
			return [][]string{{"거래내역조회"}, nil, {"조회기간", from + " ~ " + to}, {"계좌번호", "123-910001-0" + ownAccount}, nil, nil}
		},
		header: []string{"거래일시", "적요", "의뢰인/수취인", "입금", "출금", "거래후잔액", "구분", "거래점", "거래특이사항 (추가메모)"},
		row: func(_ int, l *PassbookLine) []string {
			return []string{l.At.Format("2006-01-02 15:04"), l.Channel, l.Payer, l.in(), l.out(), grouped(l.Balance), "", "인터넷", l.Memo}
		},
	},
	{
		name: "ibk",
		above: func(from, to string) [][]string {
			return [][]string{{"입출금 거래내역"}, {"계좌번호", "111-222222-0" + ownAccount}, {"조회기간: " + from + " ~ " + to}, nil, nil}
		},
		header: []string{"No", "거래일시", "출금", "입금", "거래후 잔액", "거래내용", "송금메시지", "상대계좌번호", "상대은행", "거래구분", "수표어음금액", "CMS코드", "상대계좌예금주명"},
		row: func(n int, l *PassbookLine) []string {
			return []string{strconv.Itoa(n), l.At.Format(time.DateTime), l.out(), l.in(), grouped(l.Balance), l.Payer, l.Memo, "", "", l.Channel, "0", "", l.Payer}
		},
	},
}

func layoutOf(name string) (*bankLayout, error) {
	name = cmp.Or(strings.ToLower(name), "kb")
	if name == "toss" {
		name = "tossbank"
	}
	var names []string
	for i := range bankLayouts {
		if bankLayouts[i].name == name {
			return &bankLayouts[i], nil
		}
		names = append(names, bankLayouts[i].name)
	}
	return nil, fmt.Errorf("layout %q is none of %s", name, strings.Join(names, ", "))
}

// print writes the page as the bank gives it. With utf-8 it begins with a byte
// order mark, without which Excel shows no Korean.
func (l *bankLayout) print(b *Passbook, encoding string) ([]byte, error) {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	w.UseCRLF = true
	var rows [][]string
	if l.above != nil {
		rows = l.above(b.From, b.To)
	}
	rows = append(rows, l.header)
	for n := range b.Lines {
		line := &b.Lines[n]
		if !l.oldestFirst {
			line = &b.Lines[len(b.Lines)-1-n]
		}
		rows = append(rows, l.row(n+1, line))
	}
	if err := w.WriteAll(rows); err != nil {
		return nil, err
	}
	switch strings.ToLower(encoding) {
	case "", "utf-8", "utf8":
		return append([]byte("\ufeff"), out.Bytes()...), nil
	case "cp949", "euc-kr":
		return korean.EUCKR.NewEncoder().Bytes(out.Bytes())
	}
	return nil, fmt.Errorf("encoding %q is none of utf-8, cp949", encoding)
}

func (l *PassbookLine) in() string  { return l.side(lineIn) }
func (l *PassbookLine) out() string { return l.side(lineOut) }

func (l *PassbookLine) side(kind string) string {
	if l.Kind != kind {
		return "0"
	}
	return grouped(l.Amount)
}

// grouped writes won as people do: 1,250,000. Balances of the sandbox are never
// below 0, unless the opening is.
func grouped(won int64) string {
	text := strconv.FormatInt(won, 10)
	sign := ""
	if won < 0 {
		sign, text = "-", text[1:]
	}
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return sign + text
}
