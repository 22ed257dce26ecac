package main

import (
	"daesa/app"
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

// passbookAccounts are the passbooks of the configuration, as deposits are matched by
// them.
func passbookAccounts(cfg *config.Config) []settle.Account {
	return each(bankAccounts(cfg, ""), app.BankAccount.Settle)
}
