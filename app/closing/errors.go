package closing

import (
	"fmt"

	"daesa/settle"
)

// BeforeFirstError: a month before the first one that is closed has no figures.
type BeforeFirstError struct{ Month, First settle.Month }

// Error names both.
func (e *BeforeFirstError) Error() string {
	return fmt.Sprintf("%s is before %s, the first month that is closed", e.Month, e.First)
}

// Hint says what sets it.
func (e *BeforeFirstError) Hint() string {
	return "close.first_month of daesa.yaml says which month is the first; daesa settlements sync --from --to reads what it needs"
}

// NotFirstError: only the first month has an opening of its own.
type NotFirstError struct{ Month, First settle.Month }

// Error names both.
func (e *NotFirstError) Error() string {
	return fmt.Sprintf("%s opens with the closing of the month before; the first month is %s", e.Month, e.First)
}

// Hint says what to do.
func (e *NotFirstError) Hint() string {
	return fmt.Sprintf("daesa close open %s --amount N --note TEXT; close.first_month says which month is the first", e.First)
}
