package main

import (
	"daesa/config"
	"daesa/pay"
	"daesa/settle"
)

// settlementRules are when Toss settles, as the configuration says.
func settlementRules(cfg *config.Config) settle.Rules {
	rules := settle.Rules{Cycle: map[pay.Method]settle.Cycle{}, LateBankDays: map[pay.Method]int{}}
	for method, cycle := range cfg.Settlement.Cycle.Map() {
		rules.Cycle[pay.Method(method)] = settle.Cycle(cycle)
	}
	for method, days := range cfg.Settlement.LateBankDays.Map() {
		rules.LateBankDays[pay.Method(method)] = days
	}
	return rules
}

// agreedFees are what was agreed with Toss, as the configuration says.
func agreedFees(cfg *config.Config) settle.Tariff {
	var tariff settle.Tariff
	for _, f := range cfg.Settlement.Fees {
		tariff = append(tariff, settle.Fee{MID: f.MID, Method: pay.Method(f.Method), CardType: f.CardType, Issuer: f.Issuer, Provider: f.Provider,
			Rate: settle.Rate(f.Rate), Fixed: f.Fixed, From: pay.Day(f.From)})
	}
	return tariff
}

// passbookAccounts are the passbooks of the configuration.
func passbookAccounts(cfg *config.Config) []settle.Account {
	var accounts []settle.Account
	for _, a := range cfg.Bank.Accounts {
		mids := a.MIDs
		if len(mids) == 0 && len(cfg.Merchants) == 1 {
			mids = []string{cfg.Merchants[0].MID}
		}
		accounts = append(accounts, settle.Account{Name: a.Name, MIDs: mids, Words: len(a.Payer) > 0})
	}
	return accounts
}
