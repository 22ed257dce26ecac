package orders

import (
	"errors"
	"fmt"
	"slices"
	"strings"

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

// adviseDoubled says of a header with two titles for one column which lines of a
// profile settle it.
func adviseDoubled(err error, profile *Profile) {
	var failure *table.FileError
	if !errors.As(err, &failure) || len(failure.Doubled) == 0 {
		return
	}
	titles := map[string][]string{}
	for _, d := range failure.Doubled {
		if !slices.Contains(columnNames, d.Column) {
			return // of one of several payments, which are named together
		}
		titles[d.Column] = appendNew(appendNew(titles[d.Column], d.First), d.Second)
	}
	lines := []string{"keep one of the two, or say which is right in a profile of these lines, which --profile names (orders inspect FILE --write-profile PROFILE writes a whole one):"}
	if profile.Name != profile.builtIn {
		lines[0] = fmt.Sprintf("keep one of the two, or say which is right in %s, by these lines:", profile.Name)
	} else {
		lines = append(lines, "extends: "+profile.Name)
	}
	lines = append(lines, "columns:")
	for _, column := range columnNames {
		if both := titles[column]; len(both) > 0 {
			lines = append(lines, fmt.Sprintf("  %s: [%s]   # or %s", column, quoted(both[0]), strings.Join(mapEach(both[1:], quoted), ", or ")))
		}
	}
	failure.Advice = strings.Join(lines, "\n")
}

// settles says whether a profile can settle why a file cannot be read.
func settles(err error) bool {
	var failure *table.FileError
	return errors.As(err, &failure) && len(failure.Doubled) > 0
}

func appendNew(list []string, text string) []string {
	if slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}
