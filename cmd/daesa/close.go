package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"daesa/settle"
)

func (a *invocation) closeCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "close", Short: "The month: what leaves for the books"}
	cmd.AddCommand(a.closeVATCommand())
	return cmd
}

// monthAsked reads the word of a command about one month.
func monthAsked(word string, now time.Time) (settle.Month, error) {
	month, ok := settle.ParseMonth(word)
	if !ok {
		return "", usage(fmt.Errorf("%s is no month", plain(word)), "for example "+string(settle.MonthOf(now)))
	}
	return month, nil
}
