package settlefile

import (
	"strconv"
	"strings"

	"daesa/internal/table"
)

// SetAside writes the refused rows to a new CSV file, which a person mends and
// brings again; personal columns stay in it, so that it is its owner's alone. It
// gives how many, and writes none where there are none.
func (f *File) SetAside(path string) (int, error) {
	if len(f.Refused) == 0 {
		return 0, nil
	}
	aside, err := table.NewAside(path, asideColumns, f.layout)
	if err != nil {
		return 0, err
	}
	for _, refused := range f.Refused {
		reason, header := refused.Faults.Briefs(), f.layout.Header()
		if refused.Cells == nil {
			header = nil
		}
		if err := aside.Add(header, refused.Cells, f.Path, strconv.Itoa(refused.Line), strings.TrimSpace(reason)); err != nil {
			_ = aside.Discard() // the first error is the one to tell
			return 0, err
		}
	}
	return aside.Commit()
}
