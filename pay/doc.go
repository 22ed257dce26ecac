// Package pay holds the nouns that every stage shares: order, payment,
// transaction, cancel intent, failure, method, money and business day, with
// their checks. It does no I/O and asks no clock.
//
// Names of the provider's things are Toss's own (paymentKey, balanceAmount);
// names of the shop's things are those of the order file.
package pay
