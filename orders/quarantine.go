package orders

import (
	"strconv"
	"strings"

	"daesa/internal/table"
)

// quarantineColumns are those that a quarantine has besides the columns of its
// rows.
var quarantineColumns = []string{"file", "line", "reason"}

// Quarantine writes refused rows to a CSV file that a person mends and imports
// again.
type Quarantine struct{ *table.Aside }

// NewQuarantine prepares path for the bad rows of some files: their columns,
// with file, line and reason. It refuses to write over one of the files.
func NewQuarantine(path string, files ...*File) (*Quarantine, error) {
	layouts := make([]*table.Layout, len(files))
	for i, file := range files {
		layouts[i] = &file.table.Layout
	}
	aside, err := table.NewAside(path, quarantineColumns, layouts...)
	return &Quarantine{aside}, err
}

// Add writes one bad row. A row whose fields do not fit the header is written
// into the reason only: shifted by one column it could pass when it is imported
// again.
func (q *Quarantine) Add(row *BadRow) error {
	reason, header := row.reason(), row.Header
	if row.misshapen() {
		reason, header = reason+": "+strings.Join(row.Cells, ","), nil
	}
	return q.Aside.Add(header, row.Cells, row.File, strconv.Itoa(row.Line), reason)
}
