package reports

import (
	"fmt"
	"slices"
	"strings"

	"daesa/approval"
	"daesa/internal/xlsx"
	"daesa/refunds"
	"daesa/reports/book"
)

// step is something that a person does next, with complete commands.
type step struct {
	sentence string
	commands []string
}

// mostNamed is how many requests are named one by one; the others are in the
// list.
const mostNamed = 8

// steps say what to do next, what cannot wait first.
func (p *batchPage) steps() {
	p.heading(fmt.Sprintf("%d. ", len(p.Currencies)+1) + p.Say("후속 조치", "What to do next"))
	var list []step
	for _, some := range [][]step{p.heldSteps(), p.approveSteps(), p.accountSteps(), p.runSteps(), p.endSteps()} {
		list = append(list, some...)
	}
	sentence := p.Styled(func(s *book.Style) { s.Bold, s.Color, s.Wrap = true, book.Ink, true })
	if len(list) == 0 {
		row := p.s.Add(20)
		p.s.Span(batchLeft, batchLast, row, xlsx.Text(p.Styled(func(s *book.Style) { s.Bold, s.Color = true, book.Green }), p.Say("후속 조치 없음 ✓", "Nothing is left to do ✓")))
	}
	command := p.Styled(func(s *book.Style) { s.Fill, s.Indent, s.Wrap, s.Below = book.Pale, 2, true, book.White })
	const wide = 165
	for i, one := range list {
		said := fmt.Sprintf("%d) ", i+1) + one.sentence
		row := p.s.Add(19 * xlsx.Lines(said, wide))
		p.s.Span(batchLeft, batchLast, row, xlsx.Text(sentence, said))
		for _, line := range one.commands {
			row := p.s.Add(18 * xlsx.Lines(line, wide))
			p.s.Span(batchLeft, batchLast, row, xlsx.Text(command, line))
		}
	}
	small := p.Styled(func(s *book.Style) { s.Size, s.Color, s.Wrap = 9, book.Grey, true })
	p.s.Add(6)
	row := p.s.Add(16)
	p.s.Span(batchLeft, batchLast, row, xlsx.Text(small, p.Say("작성 시점 기준 자료입니다. 다시 작성: ", "This is how it stood. To draw it again: ")+p.command("report batch", p.batch.ID)))
	row = p.s.Add(16)
	p.s.Span(batchLeft, batchLast, row, xlsx.Text(small, p.Say("감사기록 해시: ", "Journal head: ")+xlsx.Clean(p.batch.JournalHead)))
}

// command is a complete command that can be pasted into a shell.
func (p *batchPage) command(name string, arguments ...string) string {
	parts := []string{"daesa " + name}
	for _, argument := range arguments {
		parts = append(parts, shellWord(argument))
	}
	return strings.Join(parts, " ")
}

// shellWord is one argument of a command, quoted where a shell would interpret it.
func shellWord(argument string) string {
	argument = xlsx.Clean(argument)
	safe := func(r rune) bool {
		return r == '-' || r == '_' || r == '.' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	}
	if argument != "" && !strings.ContainsFunc(argument, func(r rune) bool { return !safe(r) }) {
		return argument
	}
	return "'" + strings.ReplaceAll(argument, "'", `'\''`) + "'"
}

// stateList shows the requests of a state.
func (p *batchPage) stateList(state refunds.State) string {
	return p.command("refunds list", "--batch", p.batch.ID, "--state", string(state))
}

// ids are the requests that are chosen, in the order of the list.
func (p *batchPage) ids(chosen func(r *RefundRow) bool) []string {
	var ids []string
	for i := range p.rows {
		if chosen(&p.rows[i]) {
			ids = append(ids, p.rows[i].ID)
		}
	}
	return ids
}

// each makes one command for each of the first mostNamed requests.
func (p *batchPage) each(ids []string, make func(id string) string) []string {
	var commands []string
	for _, id := range ids[:min(len(ids), mostNamed)] {
		commands = append(commands, make(id))
	}
	if more := len(ids) - mostNamed; more > 0 {
		commands = append(commands, p.Lang.Fill(book.Label{"… 외 {1}건은 내역 시트의 환불 ID 참조", "… and {1} more, by their refund ids on sheet Rows"}, p.Number(int64(more))))
	}
	return commands
}

func (p *batchPage) heldSteps() []step {
	ids := p.ids(in(refunds.StateHeld))
	if len(ids) == 0 {
		return nil
	}
	return []step{{p.Lang.Fill(book.Label{"확인 필요 {1}건: 토스 상점관리자에서 실제 취소 여부를 확인한 뒤 요청자가 아닌 담당자가 확정합니다. 취소되었으면 executed, 아니면 not-executed",
		"{1} held: look at Toss whether it was cancelled; another person than the requester decides, executed or not-executed"}, p.Number(int64(len(ids)))),
		p.each(ids, func(id string) string {
			return p.command("refunds resolve", id) + " --as <executed|not-executed> --note " + p.note() + p.word()
		})}}
}

// word stands for who decides: a name, or the file of what is to be signed. Angle
// brackets mark what must be filled in: no shell accepts the line as it is.
func (p *batchPage) word() string {
	if p.batch.Signed {
		return " --statement " + p.Say("<결재서>", "<FILE>")
	}
	return " --by " + p.Say("<이름>", "<NAME>")
}

func (p *batchPage) note() string { return p.Say("<이유>", "<REASON>") }

// signSteps say how what waits for a signature gets it.
func (p *batchPage) signSteps() []step {
	var list []step
	for _, s := range p.batch.Statements {
		if !s.At.IsZero() {
			continue
		}
		file, sheet := shellWord(s.File), statementSheet{p.Book, s}
		list = append(list, step{p.Lang.Fill(book.Label{"서명: {1}. 요청자가 아닌 결재자가 시트 {2}의 내용을 확인하고 결재서에 서명합니다(제출 기한 {3})",
			"Sign: {1}. Another person than who asked reads the sheet {2} and signs the statement (until {3})"}, sheet.covers(), p.Lang.Of(sheetStatement), p.Lang.Moment(s.Until)),
			[]string{"ssh-keygen -Y sign -n " + approval.Namespace + " -f " + p.Say("<서명키>", "<KEY>") + " < " + file + " > " + file + ".sig",
				"daesa refunds approve --statement " + file + " --signature " + file + ".sig"}})
	}
	return list
}

// unwritten chooses, of the chosen, those that no statement is about that waits for its
// signature.
func (p *batchPage) unwritten(chosen func(r *RefundRow) bool) func(r *RefundRow) bool {
	return func(r *RefundRow) bool {
		return chosen(r) && !slices.ContainsFunc(p.batch.Statements, func(s Statement) bool {
			_, found := s.Line(r.ID)
			return found && s.At.IsZero()
		})
	}
}

// approveSteps ask for the second person's approval. A batch of one currency is
// approved as one; a request that equals another is approved by its id.
func (p *batchPage) approveSteps() []step {
	list := p.signSteps()
	if ids := p.ids(tooMuch); len(ids) > 0 {
		list = append(list, step{p.Lang.Fill(book.Label{"환불 가능 금액 초과 {1}건: 먼저 철회하고 다른 참조번호(ref)로 남은 금액을 요청합니다. 그 전에는 일괄 결재할 수 없습니다",
			"{1} ask for more than is left: withdraw them first and ask for what is left under another ref; until then the batch cannot be approved"}, p.Number(int64(len(ids)))),
			p.each(ids, func(id string) string { return p.command("refunds withdraw", id) + " --note " + p.note() })})
	}
	if ids := p.ids(approvable); len(p.ids(p.unwritten(approvable))) > 0 {
		list = append(list, step{p.Lang.Fill(book.Label{"결재 {1}건, {2}: 요청자({3})가 아닌 담당자가 내역을 확인하고 결재합니다. 건수·금액이 다르면 한 건도 결재되지 않습니다",
			"Approve {1}, {2}: another person than who asked ({3}), after looking at the rows. Nothing is approved if count or sum differ"},
			p.Number(int64(len(ids))), p.spelled(approvable), p.requesters()), p.approveCommands(ids)})
	}
	same := p.ids(p.unwritten(func(r *RefundRow) bool { return r.State == refunds.StateRequested && r.SameAs != "" && !tooMuch(r) }))
	if len(same) > 0 {
		list = append(list, step{p.Lang.Fill(book.Label{"결재 {1}건, 건별: 결제·금액이 같은 요청이 있습니다. 중복 환불 여부를 확인한 뒤 결재하거나 반려합니다(refunds reject)",
			"Approve {1}, each by its id: another request is equal in payment and amount. Make sure that it is not the same refund twice, or reject it"}, p.Number(int64(len(same)))),
			p.each(same, func(id string) string { return p.command("refunds approve", id) + p.word() })})
	}
	return list
}

// approveCommands are the commands that approve what can be approved together.
func (p *batchPage) approveCommands(ids []string) []string {
	var commands []string
	for _, c := range p.Currencies {
		of := p.pile(c, approvable)
		if of.count == int64(len(ids)) {
			return []string{p.command("refunds approve", "--batch", p.batch.ID, "--expect-count", fmt.Sprint(of.count), "--expect-amount", c.Format(of.money)) + p.word()}
		}
		// A batch of several currencies has no sum: it is approved by ids.
		one := p.ids(func(r *RefundRow) bool { return approvable(r) && r.Currency == c })
		for part := range slices.Chunk(one, mostNamed/2) {
			commands = append(commands, p.command("refunds approve", part...)+p.word())
		}
	}
	if more := len(commands) - mostNamed; more > 0 {
		commands = append(commands[:mostNamed], p.Lang.Fill(book.Label{"… 이하 내역 시트의 환불 ID 참조({1}줄)", "… and the others by their refund ids on sheet Rows ({1} lines)"}, p.Number(int64(more))))
	}
	return commands
}

func (p *batchPage) requesters() string {
	names := map[string]bool{}
	for _, r := range p.rows {
		if approvable(&r) {
			names[xlsx.Clean(r.RequestedBy)] = true
		}
	}
	return strings.Join(sortedKeys(names), ", ")
}

func (p *batchPage) accountSteps() []step {
	n := p.counted(in(refunds.StateNeedsAccount))
	if n == 0 {
		return nil
	}
	return []step{{p.Lang.Fill(book.Label{"환불계좌 필요 {1}건, {2}: 고객 계좌를 받아 파일로 등록합니다(파일: order_id, bank, account_number, holder_name)",
		"{1} wait for a refund account, {2}: ask the customers, then import a file (order_id, bank, account_number, holder_name)"}, p.Number(n), p.spelled(in(refunds.StateNeedsAccount))),
		[]string{p.stateList(refunds.StateNeedsAccount), "daesa accounts import " + p.Say("<계좌파일>", "<FILE>")}}}
}

// runSteps: what the next run settles, sends and follows.
func (p *batchPage) runSteps() []step {
	var parts []string
	add := func(name string, states ...refunds.State) {
		if n := p.counted(in(states...)); n > 0 {
			parts = append(parts, name+" "+p.Lang.Fill(book.Label{"{1}건", "{1}"}, p.Number(n)))
		}
	}
	add(p.Say("결과 미확인", "unknown"), refunds.StateUnknown)
	add(p.Say("전송 대기", "to send"), refunds.StateApproved, refunds.StateRetry, refunds.StateSending)
	add(p.Say("송금 대기", "payout pending"), refunds.StateAccepted)
	if len(parts) == 0 {
		return nil
	}
	commands := []string{"daesa refunds run"}
	if p.counted(in(refunds.StateApproved, refunds.StateRetry)) > 0 {
		commands = []string{"daesa refunds run --dry-run", "daesa refunds run"}
	}
	return []step{{p.Say("환불 실행: ", "Run: ") + strings.Join(parts, " · ") + p.Say(" — 결과 미확인 건을 먼저 확인한 뒤 취소기한이 임박한 순으로 전송합니다. 여러 번 실행해도 중복 환불되지 않습니다",
		" — settles first, then sends the most urgent. Running it again sends nothing twice"), commands}}
}

// endSteps: what Toss cannot give back.
func (p *batchPage) endSteps() []step {
	var list []step
	if n := p.counted(in(refunds.StateExpired)); n > 0 {
		list = append(list, step{p.Lang.Fill(book.Label{"취소기한 경과 {1}건, {2}: 토스로 취소할 수 없어 수기이체로 환불합니다", "{1} expired, {2}: to be given back by a transfer by hand"},
			p.Number(n), p.spelled(in(refunds.StateExpired))), []string{"daesa refunds transfers list"}})
	}
	if n := p.counted(in(refunds.StateRefused)); n > 0 {
		list = append(list, step{p.Lang.Fill(book.Label{"토스 거절 {1}건, {2}: 내역 시트의 '처리 안내'을 따릅니다", "{1} refused, {2}: do as sheet Rows says under what it means"},
			p.Number(n), p.spelled(in(refunds.StateRefused))), []string{p.stateList(refunds.StateRefused)}})
	}
	return list
}
