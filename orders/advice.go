package orders

import (
	"errors"
	"fmt"

	"daesa/internal/table"
)

// adviseFitting says of a file whose header a profile misses which profile of
// the program has it. Nothing is read by it: another profile gives other words
// and amounts, and only a person knows where a file comes from.
func adviseFitting(err error, path string, options Options) {
	var failure *table.FileError
	if !errors.As(err, &failure) || failure.Advice != table.AdviceHeader {
		return
	}
	failure.Advice = "daesa orders inspect FILE shows what the file is and which profile fits it; a profile is named by --profile or orders.profile"
	options.Profile = nil
	_, _, sorted, err := look(path, options)
	if err != nil || !fits(sorted) {
		return
	}
	name := sorted[0].Profile
	failure.Advice = fmt.Sprintf("the file fits the profile %s: --profile %s, or orders.profile: %s in daesa.yaml; daesa orders inspect FILE shows how it would be read", name, name, name)
}
