// Package app is what a command does, without its flags and its printing: it
// plans a refund file, takes a person's decision, judges how a run ended. It
// knows the rooms of the line and the ports that they declare, and neither the
// store nor the provider's client. Begin at the function that bears the
// command's name; cmd/daesa and serve call the same one.
package app
