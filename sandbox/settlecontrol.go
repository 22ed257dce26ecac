package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

func (s *Sandbox) settleRoutes() {
	s.mux.HandleFunc("GET /sandbox/settle", control(func(*http.Request) (any, error) { return s.settleFace(), nil }))
	s.mux.HandleFunc("POST /sandbox/settle", control(s.changeSettling))
	s.mux.HandleFunc("POST /sandbox/settle-until", control(s.settleUntil))
}

// settleFace is how the ledger settles, with what nobody has set filled in.
type settleFace struct {
	Settle bool             `json:"settle"` // the key sees rows
	Terms  map[Method]Term  `json:"terms"`
	Rates  []Rate           `json:"rates"`
	Holds  []Hold           `json:"holds"`
	Limit  *SettlementLimit `json:"limit"`
}

func (s *Sandbox) settleFace() settleFace {
	s.mu.Lock()
	defer s.mu.Unlock()
	face := settleFace{Settle: s.showsSettlements(), Terms: map[Method]Term{}, Rates: s.settling.Rates, Holds: append([]Hold{}, s.settling.Holds...), Limit: s.settling.Limit}
	if face.Rates == nil {
		face.Rates = defaultRates
	}
	for m := range koreanMethod {
		face.Terms[m] = s.settling.term(m)
	}
	return face
}

// changeSettling changes what the body names and leaves the rest as it is; all of
// it or, with an error, nothing.
func (s *Sandbox) changeSettling(r *http.Request) (any, error) {
	var body struct {
		Settle *bool           `json:"settle"`
		Hold   *Hold           `json:"hold"`
		Holds  *[]Hold         `json:"holds"`
		Limit  json.RawMessage `json:"limit"`
	}
	if err := readControl(r, &body); err != nil {
		return nil, err
	}
	var limit *SettlementLimit
	if len(body.Limit) > 0 {
		if err := json.Unmarshal(body.Limit, &limit); err != nil {
			return nil, fmt.Errorf("limit: %w", err)
		}
		if limit != nil {
			if err := limit.check(); err != nil {
				return nil, err
			}
		}
	}
	if err := s.changeHolds(body.Hold, body.Holds); err != nil {
		return nil, err
	}
	if len(body.Limit) > 0 {
		if err := s.LimitSettlement(limit); err != nil {
			return nil, err
		}
	}
	if body.Settle != nil {
		s.mu.Lock()
		s.settling.On = *body.Settle
		s.touchHead()
		s.mu.Unlock()
	}
	return s.settleFace(), nil
}

// changeHolds replaces the holds by a list and then adds one.
func (s *Sandbox) changeHolds(one *Hold, list *[]Hold) error {
	if one == nil && list == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := []Hold{}
	if list != nil {
		asked = append(asked, *list...)
	}
	if one != nil {
		asked = append(asked, *one)
	}
	for i, h := range asked {
		checked, err := s.checkHold(h)
		if err != nil {
			return err
		}
		asked[i] = checked
	}
	if list == nil {
		asked = append(append([]Hold{}, s.settling.Holds...), asked...)
	}
	s.setHolds(asked)
	return nil
}

func (s *Sandbox) settleUntil(r *http.Request) (any, error) {
	var body struct {
		Until   string   `json:"until"`
		Methods []Method `json:"methods"`
	}
	if err := readControl(r, &body); err != nil {
		return nil, err
	}
	if body.Until == "" {
		return nil, errors.New(`want {"until": a day such as "2026-11-30"}`)
	}
	until, err := parseDate(body.Until)
	if err != nil {
		return nil, err
	}
	return s.SettleUntil(until.time(), body.Methods...)
}
